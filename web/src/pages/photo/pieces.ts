/** Makes the pieces of a photo of a call, and says which of them are looked at. */
import { decoded, encoded, first, fitted } from '../../picture/draw'
import { middleSide, partsOf, piecesOf as piecesBehind, type Box } from '../../picture/pieces'
import { maxPhotoBytes } from '../../protocol/messages'

export type Pieces = { width: number; height: number; pieces: Uint8Array<ArrayBuffer>[] }

/** 12 KiB are there in 5 s by what a voice leaves of 60 kbit/s. */
const maxPreview = 12 << 10
const previews = [
  { side: 480, quality: 0.6 },
  { side: 360, quality: 0.6 },
  { side: 240, quality: 0.6 },
  { side: 160, quality: 0.5 },
]

/** A preview, the whole at a middle size, tiles of it at its full size. */
export async function piecesOf(file: Blob): Promise<Pieces> {
  const drawn = await decoded(file)
  try {
    const size = fitted(drawn.width, drawn.height)
    const preview = await first(
      previews.map(
        ({ side, quality }) =>
          () =>
            encoded(drawn, fitted(size.width, size.height, side), quality),
      ),
      maxPreview,
    )
    const behind = await piecesBehind(drawn, size, maxPhotoBytes - preview.length)
    return { ...size, pieces: [preview, ...behind] }
  } finally {
    drawn.close()
  }
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
