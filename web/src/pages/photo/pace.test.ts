import { expect, it } from 'vitest'
import { partsOf } from '../../picture/pieces'
import { joined, orderOf, partOf, readPart, split } from './pace'
import { seenPieces, wantedPieces } from './pieces'

it('writes parts as the server reads them', () => {
  const part = { photo: 65_535, piece: 513, offset: 8 << 20, data: new Uint8Array([7, 8]) }
  const buffer = partOf(part.photo, part.piece, part.offset, part.data)
  expect([...new Uint8Array(buffer)]).toEqual([1, 255, 255, 2, 1, 0, 128, 0, 0, 7, 8])
  expect(readPart(buffer)).toEqual(part)
  expect(readPart(buffer.slice(0, 9))).toBeUndefined()
  expect(readPart(new Uint8Array(20).buffer)).toBeUndefined()
})

it('joins pieces and finds them again', () => {
  const pieces = [[1, 2], [3], [4, 5, 6]].map((bytes) => new Uint8Array(bytes))
  expect(split(joined(pieces), [2, 1, 3])).toEqual(pieces)
})

it('sends what is looked at behind the preview', () => {
  expect(orderOf(6, [4, 1, 5])).toEqual([0, 4, 1, 5, 2, 3])
  expect(orderOf(2, [])).toEqual([0, 1])
})

it('cuts a photo into tiles', () => {
  expect(partsOf({ width: 4000, height: 3000 })).toHaveLength(11 * 8)
  expect(partsOf({ width: 400, height: 384 })).toEqual([
    { x: 0, y: 0, width: 384, height: 384 },
    { x: 384, y: 0, width: 16, height: 384 },
  ])
})

it('finds what is seen, from the middle on', () => {
  const size = { width: 3 * 384, height: 384 }
  const box = { x: 0, y: 0, width: 300, height: 200 }
  expect(seenPieces(size, box, box)).toEqual([3, 2, 4])
  // enlarged tenfold, and moved to the left: the middle of the box lies on the third tile
  const placed = { x: -2_400, y: -900, width: 3_000, height: 2_000 }
  expect(seenPieces(size, placed, box)).toEqual([4])
  // what is sharp enough in the middle size needs that first; where it is enlarged, the place
  expect(wantedPieces(size, box, box, 1)).toEqual([1, 3, 2, 4])
  expect(wantedPieces(size, placed, box, 1)).toEqual([4, 1])
  expect(wantedPieces(size, box, box, 5)).toEqual([3, 1, 2, 4])
})
