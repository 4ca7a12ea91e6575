// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { PhotoInfo, Upload } from '../../protocol/messages'
import { FakeCall } from '../testing/fake'
import { Album } from './album'
import { partOf, readPart } from './pace'

const pieces = [3, 4, 5].map((size, i) => new Uint8Array(size).fill(i + 1))
const sizes = pieces.map(({ length }) => length)

vi.mock('./pieces', () => ({
  piecesOf: async (file: Blob) => {
    if (!file.size) throw new Error('no picture')
    return { width: 300, height: 300, pieces }
  },
}))
const disk = new Map<string, Uint8Array<ArrayBuffer>>()
vi.mock('../../picture/kept', () => ({
  keep: async (id: string, key: string, bytes: Uint8Array<ArrayBuffer>) =>
    void disk.set(id + key, bytes),
  kept: async (id: string, key: string) => disk.get(id + key),
  forget: async (id: string) => void disk.delete(id + 'key'),
  prune: async () => {},
}))

let call: FakeCall
let album: Album
const info: PhotoInfo = {
  number: 1,
  participant: 'me',
  name: 'Mme Rey',
  width: 300,
  height: 300,
  pieces: sizes,
  shown: false,
}
const news = (...all: FakeCall['photoNews']['value']) => (call.photoNews.value = all)
const lists = (...photos: PhotoInfo[]) => news({ type: 'photos', photos })
const upload = (rest: Partial<Upload> = {}) =>
  news({ type: 'upload', photo: 1, bitrate: 800_000, order: [], ...rest })
const begins = { have: [0, 0, 0], key: 'key' }
const sent = () => call.parts.map((part) => readPart(part)!)
const settled = () => vi.advanceTimersByTimeAsync(0)

beforeEach(() => {
  vi.useFakeTimers()
  disk.clear()
  call = new FakeCall().enterAs('guest', 'Mme Rey')
  album = new Album(call)
})
afterEach(() => vi.useRealTimers())

it('sends a photo as the server says, and goes on where a break has cut it', async () => {
  news({ type: 'photoasked', by: 'Dr Vidal' })
  expect(album.asked.value).toBe('Dr Vidal')
  await album.send(new Blob(['x']))
  expect(album.asked.value).toBe('')
  expect(call.asked.at(-1)).toEqual([
    'act',
    { type: 'photo', width: 300, height: 300, pieces: sizes },
  ])
  lists(info)
  upload({ ...begins, bitrate: 0, order: [2] })
  await vi.advanceTimersByTimeAsync(1_000)
  expect(call.parts).toEqual([])
  expect(album.sending.value).toMatchObject({ state: 'sending', bitrate: 0 })
  upload({ order: [2], have: [3, 1, 0] }) // another websocket
  await vi.advanceTimersByTimeAsync(1_000)
  expect(sent().map(({ piece, offset, data }) => [piece, offset, data.length])).toEqual([
    [2, 0, 5],
    [1, 1, 3],
  ])
  expect(album.sending.value?.state).toBe('sent')
  lists()
  await settled()
  expect(disk.size).toBe(0)
})

it('goes on after a reload with what the browser has kept, sealed', async () => {
  disk.set('call-me-1key', new Uint8Array(pieces.flatMap((piece) => [...piece])))
  lists(info)
  upload({ ...begins, have: [3, 4, 0] })
  await vi.advanceTimersByTimeAsync(1_000)
  expect(sent()).toEqual([{ photo: 1, piece: 2, offset: 0, data: pieces[2] }])
})

it('takes back what cannot be sent any more, and says so', async () => {
  lists(info)
  upload(begins)
  await settled()
  expect(call.asked).toContainEqual(['act', { type: 'photodrop', photo: 1 }])
  expect(album.sending.value?.state).toBe('stopped')
  await album.send(new Blob([]))
  expect(album.sending.value?.state).toBe('unreadable')
})

it('takes what comes, asks for what is looked at, and again on another websocket', () => {
  const theirs = { ...info, participant: 'p1' }
  lists(theirs)
  const looked = (rest: object) => ['act', { type: 'photolook', photo: 1, ...rest }]
  expect(call.asked).toEqual([looked({ pieces: [], have: [0, 0, 0] })])
  const here = () => album.photos.value[0]!
  news(
    partOf(1, 0, 0, pieces[0]!),
    partOf(1, 1, 1, pieces[1]!), // not its turn
    partOf(1, 2, 0, pieces[2]!.subarray(0, 2)),
  )
  expect(here().pieces.map(({ length }) => length)).toEqual([3, 0, 2])
  album.look(here(), [2, 0])
  expect(call.asked.at(-1)).toEqual(looked({ pieces: [2] }))
  news({ type: 'photos', photos: [theirs], anew: true })
  expect(call.asked.at(-1)).toEqual(looked({ pieces: [], have: [3, 0, 2] }))
  news(partOf(1, 2, 2, pieces[2]!.subarray(2)), partOf(1, 1, 0, pieces[1]!))
  expect(here().pieces).toEqual(pieces)
})

it('leaves a photo that is looked at until it is closed, and nothing at the end', () => {
  const theirs = { ...info, participant: 'p1' }
  lists(theirs, { ...theirs, number: 2 })
  album.open = 2
  lists()
  expect(album.photos.value.map(({ info: { number }, gone }) => [number, gone])).toEqual([
    [2, 'removed'],
  ])
  album.close(album.photos.value[0]!)
  expect(album.photos.value).toEqual([])
  lists(theirs)
  call.place.value = 'ended'
  expect(album.photos.value).toEqual([])
})

it('says that a photo is lost where another server knows of none', async () => {
  lists(info, { ...info, number: 2, participant: 'p1', name: 'Dr Vidal' })
  disk.set('call-me-1key', new Uint8Array(pieces.flatMap((piece) => [...piece])))
  upload(begins)
  await settled()
  expect(album.sending.value?.state).toBe('sending')
  const asked = call.asked.length
  call.link.value = { state: 'lost', attempt: 1, retryAt: 0 }
  expect(call.asked).toHaveLength(asked)
  call.link.value = { state: 'open' }
  expect(call.asked.slice(asked), 'asks the server, whichever it is now').toEqual([
    ['act', { type: 'photolook', photo: 2, pieces: [], have: [0, 0, 0] }],
  ])
  news({ type: 'photos', photos: [], anew: true })
  expect([album.sending.value?.state, album.lost.value]).toEqual(['lost', 'Dr Vidal'])
  // Numbers begin anew there: this is none of those of before.
  const other = { ...info, participant: 'p1', pieces: [1, 1, 1] }
  news({ type: 'photos', photos: [other] })
  expect(album.photos.value[0]!.pieces.map(({ length }) => length)).toEqual([0, 0, 0])
  expect(album.lost.value).toBe('')
})
