/** Makes the pieces of a photo: a preview, the whole at a middle size, tiles at its full size. */
import { decoded, encoded, first, fitted } from '../../picture/draw'
import { maxPhotoBytes, photoTile } from '../../protocol/messages'

export type Pieces = { width: number; height: number; pieces: Uint8Array<ArrayBuffer>[] }

/** 12 KiB are there in 5 s by what a voice leaves of 60 kbit/s. */
const maxPreview = 12 << 10
const previews = [
  { side: 480, quality: 0.6 },
  { side: 360, quality: 0.6 },
  { side: 240, quality: 0.6 },
  { side: 160, quality: 0.5 },
]
/** 64 KiB are there in 15 s by what a voice leaves of the end of an ADSL line. */
const maxMiddle = 64 << 10
const middleSide = 1280 // pixels
const middles = [
  { side: middleSide, quality: 0.6 },
  { side: 1024, quality: 0.6 },
  { side: 1024, quality: 0.4 },
  { side: 640, quality: 0.4 },
]
const qualities = [0.9, 0.8, 0.6, 0.4]

export async function piecesOf(file: Blob): Promise<Pieces> {
  const drawn = await decoded(file)
  try {
    const size = fitted(drawn.width, drawn.height)
    const within = (bounds: typeof previews, most: number) =>
      first(
        bounds.map(
          ({ side, quality }) =>
            () =>
              encoded(drawn, fitted(size.width, size.height, side), quality),
        ),
        most,
      )
    const preview = await within(previews, maxPreview)
    const middle = await within(middles, maxMiddle)
    const left = maxPhotoBytes - preview.length - middle.length
    return { ...size, pieces: [preview, middle, ...(await tilesOf(drawn, size, left))] }
  } finally {
    drawn.close()
  }
}

async function tilesOf(drawn: ImageBitmap, size: Omit<Pieces, 'pieces'>, most: number) {
  for (const quality of qualities) {
    const tiles: Uint8Array<ArrayBuffer>[] = []
    for (const part of partsOf(size)) {
      const scale = drawn.width / size.width
      const of = (length: number) => length * scale
      const from = { x: of(part.x), y: of(part.y), width: of(part.width), height: of(part.height) }
      tiles.push(await encoded(drawn, part, quality, from))
    }
    if (tiles.reduce((sum, { length }) => sum + length, 0) <= most) return tiles
  }
  throw new Error(`expected tiles of at most ${most} bytes together, got more`)
}

export type Box = { x: number; y: number; width: number; height: number }

/** Where the tiles lie, row by row. */
export function partsOf({ width, height }: { width: number; height: number }): Box[] {
  const parts: Box[] = []
  for (let y = 0; y < height; y += photoTile)
    for (let x = 0; x < width; x += photoTile)
      parts.push({
        x,
        y,
        width: Math.min(photoTile, width - x),
        height: Math.min(photoTile, height - y),
      })
  return parts
}

type Size = { width: number; height: number }

const scaleOf = (size: Size, placed: Box) =>
  Math.min(placed.width / size.width, placed.height / size.height) || 1

/**
 * The tiles that are seen where a picture of that size is placed in a box, what lies nearest to the
 * middle of the box first. Both are in pixels of the page.
 */
export function seenPieces(size: Size, placed: Box, box: Box): number[] {
  const scale = scaleOf(size, placed)
  const left = placed.x + (placed.width - scale * size.width) / 2
  const top = placed.y + (placed.height - scale * size.height) / 2
  const middle = { x: box.x + box.width / 2, y: box.y + box.height / 2 }
  return partsOf(size)
    .map((part, i) => {
      const x = left + scale * part.x
      const y = top + scale * part.y
      const right = x + scale * part.width
      const bottom = y + scale * part.height
      const inView =
        right > box.x && x < box.x + box.width && bottom > box.y && y < box.y + box.height
      const distance = Math.hypot((x + right) / 2 - middle.x, (y + bottom) / 2 - middle.y)
      return { piece: 2 + i, inView, distance }
    })
    .filter(({ inView }) => inView)
    .sort((a, b) => a.distance - b.distance)
    .map(({ piece }) => piece)
}

/**
 * The same as it is asked for: with the middle size first as long as that is sharp enough, else
 * right behind the tile in the middle of the box. `ratio`: device pixels in one of the page.
 */
export function wantedPieces(size: Size, placed: Box, box: Box, ratio: number): number[] {
  const [nearest, ...others] = seenPieces(size, placed, box)
  if (nearest === undefined) return [1]
  const side = scaleOf(size, placed) * Math.max(size.width, size.height) * ratio
  return side > middleSide ? [nearest, 1, ...others] : [1, nearest, ...others]
}
