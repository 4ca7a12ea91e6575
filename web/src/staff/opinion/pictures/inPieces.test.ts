// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { photoTile } from '../../../protocol/messages'
import { pictureTile, type Picture } from '../../api'
import { Coming } from './inPieces'

const picture = { id: 'x', opinion: 'O1', width: 800, height: 800 } as Picture
const sizes = [2, 5, 4, 3, 2, 1] // of a preview, the whole and four tiles

/** A server: what has come to it, what it was asked for, and whether it can be reached. */
let have: number[]
let asked: string[]
let away: boolean
let removed: boolean

function answer(path: string, { method, body, signal }: RequestInit): Response {
  if (removed) return new Response('{"code":"not-found","message":""}', { status: 404 })
  if (away) throw new TypeError('no link')
  if (signal?.aborted) throw new DOMException('closed', 'AbortError')
  const what = path.replace('/api/opinions/O1/pictures/x/', '')
  asked.push(method === 'POST' ? `${what} ${body as string}` : what)
  const piece = /pieces\/(\d+)/.exec(what)?.[1]
  if (what === 'preview') return new Response('pp')
  if (piece) return new Response(piece.repeat(sizes[Number(piece)]!))
  return new Response(JSON.stringify({ sizes, have }))
}

let coming: Coming
beforeEach(() => {
  vi.useFakeTimers()
  ;[have, asked, away, removed] = [[2, 0, 0, 0, 0, 0], [], false, false]
  vi.stubGlobal('fetch', async (path: string, init: RequestInit) => answer(path, init))
})
afterEach(() => {
  coming.close()
  vi.unstubAllGlobals()
  vi.useRealTimers()
})

const here = () => coming.photo.value?.pieces.map(({ length }) => length)
const loads = () => asked.filter((what) => /pieces\/\d/.test(what))
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms)

it('shows the preview, tells where somebody looks, and has it sent first', async () => {
  coming = new Coming(picture)
  await pass(0)
  expect(here()).toEqual([2, 0, 0, 0, 0, 0])
  expect(coming.photo.value!.sizes).toEqual(sizes)
  have = [2, 5, 4, 0, 2, 1]
  coming.look([5, 1, 3])
  await pass(0)
  expect(asked).toContain('look {"pieces":[5,1,3]}')
  expect(loads()).toEqual(['pieces/5', 'pieces/1', 'pieces/2', 'pieces/4'])
  expect(here()).toEqual([2, 5, 4, 0, 2, 1])
})

it('asks until all is there, says again where somebody looks, then is silent', async () => {
  coming = new Coming(picture)
  await pass(0)
  coming.look([3])
  await pass(45_000)
  expect(asked.filter((what) => what.startsWith('look'))).toHaveLength(3)
  expect(loads()).toEqual([])
  have = sizes
  await pass(4_000)
  expect(here()).toEqual(sizes)
  const before = asked.length
  await pass(60_000)
  expect(asked).toHaveLength(before)
})

it('goes on after a break, which it says, and asks nothing once it is closed', async () => {
  coming = new Coming(picture)
  await pass(0)
  away = true
  await pass(10_000)
  expect(coming.problem.value?.code).toBe('unreached')
  away = false
  have = sizes
  await pass(20_000)
  expect(coming.problem.value).toBeUndefined()
  expect(here()).toEqual(sizes)

  have = [2, 0, 0, 0, 0, 0]
  coming = new Coming(picture)
  await pass(0)
  coming.close()
  const before = asked.length
  await pass(60_000)
  expect(asked).toHaveLength(before)
})

it('asks nothing more of a picture that was removed, and says so', async () => {
  coming = new Coming(picture)
  await pass(0)
  have = sizes
  removed = true
  coming.look([3])
  await pass(4_000)
  expect(coming.problem.value?.code).toBe('not-found')
  const calls = vi.fn(answer)
  vi.stubGlobal('fetch', calls)
  coming.look([4])
  await pass(60_000)
  expect(calls).not.toHaveBeenCalled()
})

it('asks once for all glances of a time without a link', async () => {
  coming = new Coming(picture)
  await pass(0)
  away = true
  for (let i = 0; i < 50; i++) {
    coming.look([3 + (i % 2)])
    await pass(400)
  }
  away = false
  const before = asked.length
  dispatchEvent(new Event('online'))
  await pass(0)
  expect(asked.length - before).toBeLessThanOrEqual(2)
})

it('cuts tiles as the server counts them', () => expect(pictureTile).toBe(photoTile))
