import { plainTextOf } from '../../base64'
import { pixelsAlone } from './clean'

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
const maxSide = 8192 // pixels
const maxPixels = 4096 * 4096

const qualities = [0.9, 0.8, 0.6]
const previewSides = [480, 360, 240, 160] // pixels
const previewQuality = 0.6

/** A size with the same shape within bounds. */
export function fitted(width: number, height: number, side = maxSide, pixels = maxPixels) {
  const by = Math.min(1, side / Math.max(width, height), Math.sqrt(pixels / (width * height)))
  const within = (length: number) => Math.max(1, Math.floor(length * by))
  return { width: within(width), height: within(height) }
}

/** Draws a picture anew: of what its file tells beside its pixels nothing is left. */
export async function prepare(file: Blob): Promise<Prepared> {
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
    const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
    return {
      ...size,
      bytes,
      digest: [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join(''),
      preview: plainTextOf(preview.buffer),
    }
  } finally {
    drawn.close()
  }
}

async function decoded(file: Blob): Promise<ImageBitmap> {
  try {
    return await createImageBitmap(file, { imageOrientation: 'from-image' })
  } catch {
    return createImageBitmap(file) // an older browser does not know the word, and does it
  }
}

/** The first that is small enough. */
async function first(
  tries: (() => Promise<Uint8Array<ArrayBuffer>>)[],
  most: number,
): Promise<Uint8Array<ArrayBuffer>> {
  for (const attempt of tries) {
    const bytes = await attempt()
    if (bytes.length <= most) return bytes
  }
  throw new Error(`expected a picture of at most ${most} bytes, got a larger one`)
}

async function encoded(
  drawn: ImageBitmap,
  { width, height }: { width: number; height: number },
  quality: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const canvas = document.createElement('canvas')
  Object.assign(canvas, { width, height })
  const context = canvas.getContext('2d')!
  context.fillStyle = '#fff' // behind what is transparent
  context.fillRect(0, 0, width, height)
  context.drawImage(drawn, 0, 0, width, height)
  const blob = await new Promise<Blob | null>((done) =>
    canvas.toBlob(done, 'image/jpeg', quality),
  )
  canvas.width = canvas.height = 0 // Safari frees its memory so
  if (!blob) throw new Error('expected a JPEG picture of the canvas, got none')
  return pixelsAlone(new Uint8Array(await blob.arrayBuffer()))
}
