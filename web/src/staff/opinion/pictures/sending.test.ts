// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { Me, NewPicture, Picture } from '../../api'
import { me } from '../../session'
import type { Said } from './beside'
import { attach, dismiss, goOn, items, mayHurry, sendAnyway } from './sending'
import { smallest, sum } from './upload'
import { eventually } from '../../../eventually'

const size = 3 * smallest - 1
/** A picture whose name begins so comes in pieces. */
const large = 'large '
const sizesOf = (name: string) =>
  name.startsWith(large) ? [smallest, smallest, smallest, smallest - 1] : [size]

vi.mock('./prepare', () => ({
  isSound: (file: Blob) => file.type === 'sound',
  prepare: async (file: Blob) => {
    const name = await file.text()
    if (name === 'no picture') throw new Error('cannot be read')
    const sizes = sizesOf(name)
    const bytes = new Uint8Array(sum(sizes)).fill(name.charCodeAt(0))
    return { bytes, sizes, width: 4, height: 3, digest: `digest of ${name}` }
  },
}))

/** A call in another page, which the tests end, and the bytes that may leave beside it at once. */
let call: { goesOn: boolean; most: number; end: () => void }
vi.mock('../../../callLock', () => ({ callGoesOn: async () => call.goesOn }))
vi.mock('./beside', () => ({
  besideCall: (signal: AbortSignal, body: number, _: boolean, say: (said: Said) => void) =>
    new Promise<number>((resolve) => {
      const tell = () => say(call.most ? 'beside' : 'waits')
      tell()
      const timer = setInterval(() => {
        tell()
        if (call.most) resolve(Math.min(body, call.most))
      }, 100)
      const free = () => (clearInterval(timer), resolve(Infinity))
      signal.addEventListener('abort', free)
      const { end } = call
      call.end = () => {
        call.goesOn = false
        free()
        end()
      }
    }),
}))

/** A server: what it was asked for, the pictures that it has, and what it answers next. */
let asked: string[]
type There = Picture & { sizes: number[]; have: number[] }
let there: Map<string, There>
/** At what somebody looks. */
let looks: { next: string; looked: number[] }
let answers: (number | 'away')[]
const file = (name: string, type = '') => new Blob([name], { type })

function answer(path: string, { method, body }: RequestInit): Response {
  const now = answers.shift() ?? 200
  if (now === 'away') throw new TypeError('no link')
  if (now !== 200) {
    const failure = { code: now === 422 ? 'invalid' : 'store-busy', message: '' }
    return new Response(JSON.stringify(failure), { status: now })
  }
  const wanted = method === 'POST' ? (JSON.parse(body as string) as NewPicture) : undefined
  const id = /pictures\/([^/?]+)/.exec(path)?.[1] ?? wanted!.digest.at(-1)!
  const before = there.get(id)
  const sizes = before?.sizes ?? wanted!.pieces
  const have = [...(before?.have ?? sizes.map(() => 0))]
  let offset = Number(/=(\d+)/.exec(path)?.[1])
  let part = method === 'PUT' ? (body as Blob).size : 0
  for (let i = 0, begins = 0; i < sizes.length; begins += sizes[i++]!) {
    if (!part || offset !== begins + have[i]!) continue
    const taken = Math.min(part, sizes[i]! - have[i]!)
    have[i]! += taken
    offset += taken
    part -= taken
  }
  const received = have.reduce((sum, one) => sum + one, 0)
  const picture = { ...before, ...wanted, id, opinion: 'O1', madeBy: 'P1', received, sizes, have }
  there.set(id, picture as There)
  const keep = btoa('k'.repeat(32))
  const looked = looks.next === id ? looks.looked : []
  return new Response(JSON.stringify({ picture, keep, sizes, have, ...looks, looked }))
}

beforeEach(() => {
  vi.useFakeTimers()
  me.value = { person: { id: 'P1' } } as unknown as Me
  ;[asked, there, answers, looks] = [[], new Map(), [], { next: '', looked: [] }]
  call = { goesOn: false, most: 0, end: () => {} }
  vi.stubGlobal('fetch', async (path: string, init: RequestInit) => {
    asked.push(`${init.method} ${path.replace('/api/opinions/O1/pictures', '')}`.trim())
    return answer(path, init)
  })
})
afterEach(() => {
  vi.unstubAllGlobals()
  vi.useRealTimers()
  items.value = []
  me.value = undefined
})

const offsets = [0, smallest, 2 * smallest]
const sends = (id: string, ...at: number[]) => at.map((offset) => `PUT /${id}?offset=${offset}`)
const states = () => items.value.map(({ state }) => state)

it('tells of all pictures first, then sends one after the other', async () => {
  attach('O1', [file('a'), file('no picture'), file('b')], [])
  expect(states()).toEqual(['preparing', 'preparing', 'preparing'])
  await eventually(() => expect(states()).toEqual(['unreadable']))
  expect(asked).toEqual(['POST', 'POST', ...sends('a', ...offsets), ...sends('b', ...offsets)])
  dismiss(items.value[0]!.key)
  expect(states()).toEqual([])
})

it('asks where to go on when the link has broken, and says so meanwhile', async () => {
  answers = [200, 200, 'away', 503]
  attach('O1', [file('a')], [])
  await eventually(() => expect(states()).toEqual(['cut']))
  await eventually(() => expect(states()).toEqual([]))
  const [first, second, third] = offsets
  const ask = 'GET /a/upload'
  const resumed = [ask, ask, ...sends('a', second!, third!)]
  expect(asked).toEqual(['POST', ...sends('a', first!, second!), ...resumed])
})

it('goes on with the rest when one is refused, or removed meanwhile', async () => {
  answers = [200, 200, 200, 422]
  attach('O1', [file('a'), file('b'), file('c')], [])
  const stop = items.subscribe((all) => {
    const begun = all.find(({ picture, upload }) => picture === 'b' && upload?.have?.[0])
    if (begun) dismiss(begun.key)
  })
  await eventually(() => expect(states()).toEqual(['refused']))
  stop()
  expect(there.get('c')!.received).toBe(size)
  expect(there.get('b')!.received).toBeLessThan(size)
})

it('goes on with a picture that is chosen again, and leaves a colleague’s alone', async () => {
  const cut = { id: 'x', opinion: 'O1', madeBy: 'P1', received: smallest, wholeAt: 0 }
  const mine = { ...cut, digest: 'digest of a' } as Picture
  there.set('x', { ...mine, sizes: [size], have: [smallest] })
  await goOn('O1', [mine, { ...mine, id: 'y', madeBy: 'P2' }]) // this browser has neither
  expect(asked).toEqual([])
  attach('O1', [file('a')], [mine])
  await eventually(() => expect(states()).toEqual([]))
  expect(asked).toEqual(['GET /x/upload', ...sends('x', offsets[1]!, offsets[2]!)])
})

it('sends nothing while a call goes on, and all of it after', async () => {
  call.goesOn = true
  attach('O1', [file('a')], [])
  await eventually(() => expect(states()).toEqual(['waits']))
  expect(asked).toEqual([])
  call.end()
  await eventually(() => expect(states()).toEqual([]))
  expect(asked).toEqual(['POST', ...sends('a', ...offsets)])
})

it('stops between two parts for a call, and goes on beside it if that is wanted', async () => {
  const stop = items.subscribe((all) => {
    if (all[0]?.upload?.have?.[0]) call.goesOn = true
  })
  attach('O1', [file('a')], [])
  await eventually(() => expect(states()).toEqual(['waits']))
  // The part that is on its way when the call begins is the last one.
  expect(asked).toEqual(['POST', ...sends('a', offsets[0]!)])
  sendAnyway(items.value[0]!.key)
  await eventually(() => expect(states()).toEqual([]))
  expect(asked).toEqual(['POST', ...sends('a', ...offsets)])
  stop()
})

it('sends what may leave beside a call, and stops while nothing may', async () => {
  call = { ...call, goesOn: true, most: 500 }
  attach('O1', [file('a')], [])
  const received = () => there.get('a')?.received ?? 0
  await eventually(() => expect(received()).toBeGreaterThan(1_000))
  expect(states()).toEqual(['beside'])
  call.most = 0
  await eventually(() => expect(states()).toEqual(['waits']))
  const before = received()
  await vi.advanceTimersByTimeAsync(5_000)
  expect(received()).toBe(before)
  call.most = 9_000
  await eventually(() => expect(states()).toEqual([]))
  const slow = Array.from({ length: before / 500 }, (_, i) => 500 * i)
  const fast = [before, before + smallest, before + 2 * smallest]
  expect(asked).toEqual(['POST', ...sends('a', ...slow, ...fast)])
})

it('forgets a picture that is removed while a call goes on', async () => {
  call.goesOn = true
  attach('O1', [file('a'), file('b')], [])
  await eventually(() => expect(states()).toEqual(['waits', 'waits']))
  dismiss(items.value[0]!.key)
  await eventually(() => expect(states()).toEqual(['waits']))
  call.end()
  await eventually(() => expect(states()).toEqual([]))
  expect(asked).toEqual(['POST', ...sends('b', ...offsets)])
})

const at = [0, smallest, 2 * smallest, 3 * smallest] as const
const [preview, middle, ...tiles] = at
const begin = ['POST', 'POST', ...sends('a', preview), ...sends('b', preview)]

it('sends all previews first, then all pictures at a middle size, then the rest', async () => {
  attach('O1', [file('large a'), file('large b')], [])
  await eventually(() => expect(states()).toEqual([]))
  expect(asked).toEqual([
    ...[...begin, ...sends('a', middle), ...sends('b', middle)],
    ...[...sends('a', ...tiles), ...sends('b', ...tiles)],
  ])
})

it('goes on with the picture and the piece at which somebody looks', async () => {
  const stop = items.subscribe((all) => {
    const begun = all.find(({ picture }) => picture === 'b')?.upload?.have?.[0]
    if (begun) looks = { next: 'b', looked: [3] }
  })
  attach('O1', [file('large a'), file('large b')], [])
  await eventually(() => expect(states()).toEqual([]))
  stop()
  expect(asked).toEqual([
    ...[...begin, ...sends('a', middle)], // its answer tells of the picture
    ...sends('b', middle), // and that one of the piece
    ...[...sends('b', tiles[1]!, tiles[0]!), ...sends('a', ...tiles)],
  ])
})

it('has a sound wait for previews, and sends at once what somebody wants to go now', async () => {
  attach('O1', [file('s', 'sound'), file('large a'), file('large b')], [])
  const stop = items.subscribe((all) => {
    const begun = all.find(({ picture }) => picture === 'b')
    if (begun?.upload?.have?.[0] && !begun.anyway) sendAnyway(begun.key)
  })
  await eventually(() => expect(states()).toEqual([]))
  stop()
  expect(asked).toEqual([
    ...['POST', ...begin, ...sends('b', middle, ...tiles)],
    ...[...sends('a', middle), ...sends('s', ...offsets), ...sends('a', ...tiles)],
  ])
})

it('sends now whichever is wanted, though another waits before it for a call to end', async () => {
  call.goesOn = true
  attach('O1', [file('a'), file('s', 'sound')], [])
  await eventually(() => expect(states()).toEqual(['waits', 'waits']))
  expect(items.value.map(mayHurry)).toEqual([true, true])
  sendAnyway(items.value[1]!.key)
  await eventually(() => expect(states()).toEqual(['waits']))
  expect(asked).toEqual(['POST', ...sends('s', ...offsets)])
  call.end()
  await eventually(() => expect(states()).toEqual([]))
  expect(asked.slice(4)).toEqual(['POST', ...sends('a', ...offsets)])
})

it('sends now one that has not had its turn when a call begins', async () => {
  const stop = items.subscribe((all) => {
    if (all[0]?.upload?.have?.[0]) call.goesOn = true
  })
  attach('O1', [file('a'), file('b')], [])
  await eventually(() => expect(states()).toEqual(['waits', 'queued']))
  stop()
  expect(items.value.map(mayHurry)).toEqual([true, true])
  sendAnyway(items.value[1]!.key)
  expect(mayHurry(items.value[1]!)).toBe(false)
  await eventually(() => expect(states()).toEqual(['waits']))
  const gone = ['POST', 'POST', ...sends('a', 0), ...sends('b', ...offsets)]
  expect(asked).toEqual(gone)
  attach('O1', [file('c', 'sound')], []) // it comes behind one that waits
  await eventually(() => expect(states()).toEqual(['waits', 'waits']))
  sendAnyway(items.value[1]!.key)
  await eventually(() => expect(states()).toEqual(['waits']))
  expect(asked).toEqual([...gone, 'POST', ...sends('c', ...offsets)])
  call.end()
  await eventually(() => expect(states()).toEqual([]))
})

it('tells of pictures that waited for a call in the order in which they were chosen', async () => {
  call.goesOn = true
  answers = ['away', 200, 503] // the link breaks, and one of them is told of a second time
  attach('O1', [file('large a'), file('s', 'sound'), file('b'), file('c')], [])
  await eventually(() => expect(states()).toEqual(['waits', 'waits', 'waits', 'waits']))
  looks = { next: 'c', looked: [] } // whoever is told of it looks at it: it is there first
  call.end()
  await eventually(() => expect(there.has('c')).toBe(true))
  expect([...there.keys()]).toEqual(['a', 's', 'b', 'c'])
  await eventually(() => expect(states()).toEqual([]))
  const told = ['POST', 'POST', 'POST', 'POST', 'POST', 'POST'] // four, and two that got nowhere
  expect(asked.filter((line) => line === 'POST')).toEqual(told)
  const end = (id: string) => asked.findLastIndex((line) => line.startsWith(`PUT /${id}?`))
  expect(end('c')).toBeLessThan(end('a'))
})
