/** When parts of a photo leave, and which. Pure: ms are an argument. */

export const interval = 100 // ms
/** One fits a packet: a voice waits behind one at most. More at once costs less on a good link. */
const leastPart = 1_100 // bytes
/** Below that rate, in bit/s, a whole packet would hold up a voice for longer than its frame. */
const thinRate = 40_000
const thinPart = 550 // bytes
const mostPart = 32 << 10
/** What a part costs beside its bytes: headers of ours, the websocket, TLS, TCP/IP. */
const overhead = 98
const longest = 3 * interval // ms that are made up for

export class Pace {
  private budget = 0 // bytes; what was too much is paid back
  private at = 0 // ms

  pass(now: number, bitrate: number): void {
    const gained = ((bitrate / 8) * Math.min(now - this.at, longest)) / 1_000
    this.at = now
    this.budget = Math.min(this.budget + gained, Math.max(gained, 1))
  }

  /** How many bytes may leave in one part now; 0: none. */
  part(bitrate: number): number {
    if (this.budget <= 0) return 0
    const least = bitrate < thinRate ? thinPart : leastPart
    return Math.min(mostPart, Math.max(least, Math.floor((bitrate * interval) / 8_000)))
  }

  sent(bytes: number): void {
    this.budget -= bytes + overhead
  }
}

/** All pieces in the order in which they go: the preview, what is wanted, the rest. */
export function orderOf(count: number, wanted: readonly number[]): number[] {
  const all = Array.from({ length: count }, (_, i) => i)
  return [...new Set([0, ...wanted, ...all])].filter((i) => i < count)
}

/** The pieces that begin where each of those before ends. */
export function split(bytes: Uint8Array<ArrayBuffer>, sizes: readonly number[]) {
  let end = 0
  return sizes.map((size) => bytes.subarray(end, (end += size)))
}

export function joined(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0))
  let end = 0
  for (const piece of pieces) {
    all.set(piece, end)
    end += piece.length
  }
  return all
}

const header = 9 // bytes
const kind = 1

/** A part as it travels (signaling/PROTOCOL.md, "Photos"). */
export function partOf(photo: number, piece: number, offset: number, data: Uint8Array) {
  const bytes = new Uint8Array(header + data.length)
  const view = new DataView(bytes.buffer)
  view.setUint8(0, kind)
  view.setUint16(1, photo)
  view.setUint16(3, piece)
  view.setUint32(5, offset)
  bytes.set(data, header)
  return bytes.buffer
}

export function readPart(buffer: ArrayBuffer) {
  const view = new DataView(buffer)
  if (buffer.byteLength <= header || view.getUint8(0) !== kind) return undefined
  return {
    photo: view.getUint16(1),
    piece: view.getUint16(3),
    offset: view.getUint32(5),
    data: new Uint8Array(buffer, header),
  }
}
