import { plainTextOf } from '../../base64'
import { joined } from '../../../pages/photo/pace'
import { decoded, encoded, first, fitted } from '../../../picture/draw'
import { middleSide, piecesOf, wholeOf } from '../../../picture/pieces'
import { soundType } from './sound'

/** A picture as it goes out. */
export type Prepared = {
  bytes: Uint8Array<ArrayBuffer> // of all its pieces
  sizes: number[] // of them; one: the picture as it is
  width: number
  height: number
  digest: string // SHA-256, in hexadecimal
  preview: string // base64
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
    return { bytes, sizes, width: 0, height: 0, digest: await digestOf(bytes), preview: '' }
  }
  const drawn = await decoded(file)
  try {
    const size = fitted(drawn.width, drawn.height)
    const isLarge = Math.max(size.width, size.height) > middleSide
    const pieces = isLarge
      ? await piecesOf(drawn, size, maxBytes)
      : [await wholeOf(drawn, size, maxBytes)]
    const bytes = joined(pieces)
    const preview = await first(
      previewSides.map(
        (side) => () => encoded(drawn, fitted(size.width, size.height, side), previewQuality),
      ),
      maxPreview,
    )
    return {
      ...size,
      bytes,
      sizes: pieces.map(({ length }) => length),
      digest: await digestOf(bytes),
      preview: plainTextOf(preview.buffer),
    }
  } finally {
    drawn.close()
  }
}

async function digestOf(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
  return [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}
