/** Markers of JPEG (ITU-T T.81, B.1.1.3). */
const sos = 0xda
const comment = 0xfe
const app0 = 0xe0
const app14 = 0xee
const jfifLength = 16 // without a thumbnail

/**
 * A JPEG picture without anything but its pixels: some browsers write EXIF of their own, profiles
 * or comments even from a canvas, and the server takes none.
 */
export function pixelsAlone(jpeg: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const kept: Uint8Array[] = [jpeg.subarray(0, 2)]
  let at = 2
  while (at + 4 <= jpeg.length && jpeg[at] === 0xff && jpeg[at + 1] !== sos) {
    const marker = jpeg[at + 1]!
    const length = 2 + jpeg[at + 2]! * 256 + jpeg[at + 3]!
    if (!says(marker, length)) kept.push(jpeg.subarray(at, at + length))
    at += length
  }
  kept.push(jpeg.subarray(at))
  const all = new Uint8Array(kept.reduce((sum, { length }) => sum + length, 0))
  let end = 0
  for (const piece of kept) {
    all.set(piece, end)
    end += piece.length
  }
  return all
}

/** Whether a segment tells something else than pixels. */
function says(marker: number, length: number): boolean {
  if (marker === comment) return true
  if (marker < app0 || marker > 0xef || marker === app14) return false
  return marker !== app0 || length !== 2 + jfifLength
}
