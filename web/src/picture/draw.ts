/** Draws pictures anew: of what their files tell beside their pixels nothing is left. */
import { pixelsAlone } from './clean'

const maxSide = 8192 // pixels
const maxPixels = 4096 * 4096

/** A size with the same shape within bounds. */
export function fitted(width: number, height: number, side = maxSide, pixels = maxPixels) {
  const by = Math.min(1, side / Math.max(width, height), Math.sqrt(pixels / (width * height)))
  const within = (length: number) => Math.max(1, Math.floor(length * by))
  return { width: within(width), height: within(height) }
}

export async function decoded(file: Blob): Promise<ImageBitmap> {
  try {
    return await createImageBitmap(file, { imageOrientation: 'from-image' })
  } catch {
    return createImageBitmap(file) // an older browser does not know the word, and does it
  }
}

/** The first that is small enough. */
export async function first(
  tries: (() => Promise<Uint8Array<ArrayBuffer>>)[],
  most: number,
): Promise<Uint8Array<ArrayBuffer>> {
  for (const attempt of tries) {
    const bytes = await attempt()
    if (bytes.length <= most) return bytes
  }
  throw new Error(`expected a picture of at most ${most} bytes, got a larger one`)
}

/** A picture of that size of a part of what is drawn, all of it if none is named. */
export async function encoded(
  drawn: ImageBitmap,
  { width, height }: { width: number; height: number },
  quality: number,
  part = { x: 0, y: 0, width: drawn.width, height: drawn.height },
): Promise<Uint8Array<ArrayBuffer>> {
  const canvas = document.createElement('canvas')
  Object.assign(canvas, { width, height })
  const context = canvas.getContext('2d')!
  context.fillStyle = '#fff' // behind what is transparent
  context.fillRect(0, 0, width, height)
  context.drawImage(drawn, part.x, part.y, part.width, part.height, 0, 0, width, height)
  const blob = await new Promise<Blob | null>((done) =>
    canvas.toBlob(done, 'image/jpeg', quality),
  )
  canvas.width = canvas.height = 0 // Safari frees its memory so
  if (!blob) throw new Error('expected a JPEG picture of the canvas, got none')
  return pixelsAlone(new Uint8Array(await blob.arrayBuffer()))
}
