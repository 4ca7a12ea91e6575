/** Which parts of a photo leave, and how they travel. Pure. */

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

/** What a part costs beside its bytes: headers of ours, the websocket, TLS, TCP/IP. */
export const partOverhead = 98

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
