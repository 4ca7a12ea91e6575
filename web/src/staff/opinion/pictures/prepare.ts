import { joined } from '../../../pages/photo/pace'
import { decoded, encoded, first, fitted } from '../../../picture/draw'
import { middleSide, piecesOf, wholeOf } from '../../../picture/pieces'
import { soundType } from './sound'

/** A picture as it goes out. */
export type Prepared = {
  bytes: Uint8Array<ArrayBuffer> // of all its pieces
  sizes: number[] // of them
  width: number
  height: number
  digest: string // SHA-256, in hexadecimal
}

/** What the server takes. */
const maxBytes = 8 << 20
const maxPreview = 15 << 10

const previewSides = [480, 360, 240, 160] // pixels
const previewQuality = 0.6

/** Clips of sound were written anew already, when they were recorded or chosen. */
export const isSound = (file: Blob) => file.type === soundType

/** Draws a picture anew: of what its file tells beside its pixels nothing is left. */
export async function prepare(file: Blob): Promise<Prepared> {
  if (isSound(file)) {
    const bytes = new Uint8Array(await file.arrayBuffer())
    const sizes = [bytes.length]
    return { bytes, sizes, width: 0, height: 0, digest: await digestOf(bytes) }
  }
  const drawn = await decoded(file)
  try {
    const size = fitted(drawn.width, drawn.height)
    const preview = await first(
      previewSides.map(
        (side) => () => encoded(drawn, fitted(size.width, size.height, side), previewQuality),
      ),
      maxPreview,
    )
    const isLarge = Math.max(size.width, size.height) > middleSide
    const most = maxBytes - preview.length
    const behind = isLarge
      ? await piecesOf(drawn, size, most)
      : [await wholeOf(drawn, size, most)]
    const pieces = [preview, ...behind]
    const bytes = joined(pieces)
    const sizes = pieces.map(({ length }) => length)
    return { ...size, bytes, sizes, digest: await digestOf(bytes) }
  } finally {
    drawn.close()
  }
}

async function digestOf(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
  return [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}
