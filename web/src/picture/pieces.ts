/** The pieces of a large picture: the whole at a middle size, and tiles at its full size. */
import { photoTile } from '../protocol/messages'
import { encoded, first, fitted } from './draw'

/** 64 KiB are there in 15 s by what a voice leaves of the end of an ADSL line. */
const maxMiddle = 64 << 10
export const middleSide = 1280 // pixels
const middles = [
  { side: middleSide, quality: 0.6 },
  { side: 1024, quality: 0.6 },
  { side: 1024, quality: 0.4 },
  { side: 640, quality: 0.4 },
  { side: 320, quality: 0.4 }, // grass, and what else no JPEG makes small
]
const qualities = [0.9, 0.8, 0.6, 0.4]

type Size = { width: number; height: number }

/** The whole, then all tiles, row by row, of so many bytes together at most. */
export async function piecesOf(drawn: ImageBitmap, size: Size, most: number) {
  const middle = await first(
    middles.map(
      ({ side, quality }) =>
        () =>
          encoded(drawn, fitted(size.width, size.height, side), quality),
    ),
    maxMiddle,
  )
  return [middle, ...(await tilesOf(drawn, size, most - middle.length))]
}

/** The picture as it is, of so many bytes at most. */
export const wholeOf = (drawn: ImageBitmap, size: Size, most: number) =>
  first(
    qualities.map((quality) => () => encoded(drawn, size, quality)),
    most,
  )

async function tilesOf(drawn: ImageBitmap, size: Size, most: number) {
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
export function partsOf({ width, height }: Size): Box[] {
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
