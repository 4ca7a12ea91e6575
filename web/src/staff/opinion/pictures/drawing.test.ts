// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { Drawn } from '../../../pages/photo/board'
import type { Me, NewMark, OpinionLine, PictureMark } from '../../api'
import type { Problem } from '../../request'
import { me } from '../../session'
import { Pen } from './drawing'
import { eventually } from '../../../eventually'

/** A server: what it was asked, what is drawn on I1, and which requests it refuses. */
let asked: string[]
let marks: PictureMark[]
let refuses: boolean
let waiting: readonly Drawn[]
let problem: Problem | undefined

const line = () => ({ asker: 'Zoé', expert: '', mayAsk: true, marks: { I1: [...marks] } })
const theirs: PictureMark = { n: 7, by: 'P2', name: 'Dr B', kind: 'spot', points: [9, 9] }

beforeEach(() => {
  me.value = { person: { id: 'P1' } } as unknown as Me
  ;[asked, marks, refuses, waiting, problem] = [[], [theirs], false, [], undefined]
  vi.stubGlobal('fetch', async (path: string, { method, body }: RequestInit) => {
    asked.push(`${method} ${path}`)
    if (refuses) return new Response('{"code":"invalid","message":""}', { status: 422 })
    if (method === 'POST') {
      const wanted = JSON.parse(body as string) as NewMark
      marks.push({ ...wanted, n: marks.at(-1)!.n + 1, by: 'P1', name: 'Zoé' })
    } else marks = marks.filter(({ n }) => n !== Number(path.split('/').at(-1)))
    return new Response(JSON.stringify(line()))
  })
})
afterEach(() => {
  vi.unstubAllGlobals()
  me.value = undefined
})

const pen = () =>
  new Pen('/p', 'I1', line() as unknown as OpinionLine, {
    told: () => {},
    waiting: (now) => (waiting = now),
    problem: (now) => (problem = now),
  })

it('shows at once what is drawn, sends it in order, and takes back one’s own', async () => {
  const one = pen()
  const first = one.draw('spot', [1, 2])
  void one.draw('ruler', [1, 2, 3, 4])
  const last = one.takeBack(false)
  expect(waiting.map(({ kind, name }) => [kind, name])).toEqual([
    ['spot', 'Zoé'],
    ['ruler', 'Zoé'],
  ])
  await first
  expect(waiting.map(({ kind }) => kind)).toEqual(['ruler'])
  await last
  expect(waiting).toEqual([])
  expect(asked).toEqual(['POST /p/marks', 'POST /p/marks', 'DELETE /p/marks/9'])
  await one.takeBack(false)
  await one.takeBack(false) // the other's stays, and nobody is asked
  expect(marks).toEqual([theirs])
  expect(asked).toHaveLength(4)
})

it('keeps a mark that does not reach the server, until it does', async () => {
  const reached = globalThis.fetch
  vi.stubGlobal('fetch', async () => {
    throw new TypeError('no link')
  })
  const one = pen()
  const sent = one.draw('spot', [1, 2])
  await eventually(() => expect(problem?.code).toBe('unreached'))
  expect(waiting).toHaveLength(1)
  vi.stubGlobal('fetch', reached)
  dispatchEvent(new Event('online'))
  await sent
  expect([waiting, problem, marks.length]).toEqual([[], undefined, 2])
})

it('says that a mark is refused, and shows it no more', async () => {
  refuses = true
  const one = pen()
  await one.draw('spot', [1, 2])
  expect([waiting, problem?.code]).toEqual([[], 'invalid'])
  refuses = false
  await one.draw('spot', [1, 2])
  expect([marks.length, problem]).toEqual([2, undefined])
})
