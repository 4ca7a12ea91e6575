import { plainTextOf } from '../../base64'
import { decoded, encoded, first, fitted } from '../../../picture/draw'
import { soundType } from './sound'

/** A picture as it goes out. */
export type Prepared = {
  bytes: Uint8Array<ArrayBuffer>
  width: number
  height: number
  digest: string // SHA-256, in hexadecimal
  preview: string // base64
}

/** What the server takes. */
const maxBytes = 8 << 20
const maxPreview = 15 << 10

const qualities = [0.9, 0.8, 0.6]
const previewSides = [480, 360, 240, 160] // pixels
const previewQuality = 0.6

/** Clips of sound were written anew already, when they were recorded or chosen. */
export const isSound = (file: Blob) => file.type === soundType

/** Draws a picture anew: of what its file tells beside its pixels nothing is left. */
export async function prepare(file: Blob): Promise<Prepared> {
  if (isSound(file)) {
    const bytes = new Uint8Array(await file.arrayBuffer())
    return { bytes, width: 0, height: 0, digest: await digestOf(bytes), preview: '' }
  }
  const drawn = await decoded(file)
  try {
    const size = fitted(drawn.width, drawn.height)
    const bytes = await first(
      qualities.map((quality) => () => encoded(drawn, size, quality)),
      maxBytes,
    )
    const preview = await first(
      previewSides.map(
        (side) => () => encoded(drawn, fitted(size.width, size.height, side), previewQuality),
      ),
      maxPreview,
    )
    return {
      ...size,
      bytes,
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
