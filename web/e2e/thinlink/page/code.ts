/**
 * The number in the picture: sixteen black and white blocks along its upper edge say whose picture
 * it is (4 bits) and which frame (11 bits, Gray code, so that a block caught between two frames is
 * off by one at most); the last makes the number of white ones odd, so that neither a dark picture
 * nor a white one is a mark.
 */
export const blocks = 16
export const frameNumbers = 2048

/** The part of the picture's height that the blocks take. */
export const stripHeight = 1 / 6

export type Mark = { who: number; frame: number }

export function encode({ who, frame }: Mark): number {
  const code = (who << 11) | (frame ^ (frame >> 1))
  return (code << 1) | (parity(code) ^ 1)
}

/** Undefined when the bits are no mark: a picture without one, or a broken one. */
export function decode(bits: number): Mark | undefined {
  if (!parity(bits)) return undefined
  let frame = 0
  for (let gray = (bits >> 1) & (frameNumbers - 1); gray; gray >>= 1) frame ^= gray
  return { who: bits >> 12, frame }
}

function parity(bits: number): number {
  let ones = 0
  for (; bits; bits &= bits - 1) ones ^= 1
  return ones
}
