// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { FakeWebSocket, aWelcome } from '../testing/fakes'
import { Socket } from './socket'

const doors = ['a', 'b', 'c'].map((name) => new URL(`ws://${name}.example/ws`))
let socket: Socket

beforeEach(() => {
  vi.useFakeTimers()
  vi.stubGlobal('WebSocket', FakeWebSocket)
  vi.stubGlobal('navigator', {})
  vi.spyOn(Math, 'random').mockReturnValue(0.5)
  FakeWebSocket.all = []
  socket = new Socket(doors, {
    join: () => ({ type: 'join', token: 't', device: 'd' }),
    greeted: () => {},
    link: () => {},
    message: () => {},
    moved: () => {},
  })
})
afterEach(() => {
  socket.close()
  vi.useRealTimers()
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
})

const last = () => FakeWebSocket.last
const tried = () => FakeWebSocket.all.map(({ url }) => url.host[0]).join('')
const pass = (ms: number) => vi.advanceTimersByTime(ms)

function welcomed(resumed = false): FakeWebSocket {
  last().open()
  last().say(aWelcome({ resumed }))
  return last()
}

test('a first door that is away: the second one is tried after 2 s, and kept', () => {
  pass(1_999)
  expect(tried()).toBe('a')
  pass(1)
  expect(tried()).toBe('ab')
  const [first] = FakeWebSocket.all
  const second = welcomed()
  expect([first!.closed, first!.sent, second.of('join').length]).toEqual([true, [], 1])
  pass(3_000)
  expect(tried(), 'no other is tried beside one that has answered').toBe('ab')
  second.drop()
  pass(375)
  expect(tried(), 'a server that was started again is met where it was').toBe('abb')
  expect(socket.open).toBe(false)
  welcomed(true)
  expect(socket.open).toBe(true)
})

test('a first door that is only far away is taken when it opens first', () => {
  pass(2_500)
  const [far, near] = FakeWebSocket.all
  far!.open()
  far!.say(aWelcome())
  expect([near!.closed, socket.open]).toEqual([true, true])
  far!.drop()
  pass(375)
  expect(tried()).toBe('aba')
})

test('a door that refuses is followed by the next one, soon', () => {
  last().drop()
  pass(375)
  expect(tried()).toBe('ab')
  last().drop()
  pass(375)
  expect(tried()).toBe('abc')
})

test('all away: every door is tried, again and again, more slowly with each round', () => {
  for (let i = 0; i < 6; i++) {
    last().drop()
    pass(i < 3 ? 375 : 750)
  }
  expect(tried()).toBe('abcabca')
  last().drop()
  pass(1_499)
  expect(tried()).toBe('abcabca')
  pass(1)
  expect(tried()).toBe('abcabcab')
})

test('all silent: one is tried beside another, each once, and all anew after 10 s', () => {
  pass(9_999)
  expect(tried()).toBe('abc')
  pass(1)
  expect(FakeWebSocket.all.every(({ closed }) => closed)).toBe(true)
  pass(375)
  expect(tried()).toBe('abca')
})

test('of two, one refuses while the other is silent: the refusing one is tried again', () => {
  pass(4_000)
  FakeWebSocket.all[1]!.drop()
  pass(2_000)
  expect(tried()).toBe('abcb')
  welcomed()
  expect(FakeWebSocket.all.map(({ closed }) => closed)).toEqual([true, false, true, false])
})

test('a door that accepts and says nothing is left after 2 s', () => {
  last().open()
  expect(last().sent.map(({ type }) => type)).toEqual(['join', 'ping'])
  pass(2_000)
  expect(last().closed).toBe(true)
  pass(375)
  expect(tried()).toBe('ab')
  expect(welcomed().of('join')).toHaveLength(1)
})

test('one that answers may take its time to find the room', () => {
  last().open()
  last().say({ type: 'pong', n: 1 })
  pass(8_000)
  last().say(aWelcome())
  expect([tried(), socket.open]).toEqual(['a', true])
})

test('one that does not find the room sends on to the next one', () => {
  last().open()
  last().say({ type: 'bye', reason: 'moved', message: '', retry: true })
  last().drop()
  pass(375)
  expect(tried()).toBe('ab')
})

test('a door that dies in the call is left for the next; when that dies, the first is back', () => {
  welcomed()
  socket.prove()
  pass(1_600)
  expect(last().closed).toBe(true)
  pass(375)
  expect(tried()).toBe('ab')
  welcomed(true)
  socket.prove()
  pass(1_600 + 375)
  expect(tried()).toBe('abc')
  pass(2_000)
  expect(tried()).toBe('abca')
  welcomed(true)
  expect(socket.open).toBe(true)
})

test('a server that sends us on is left by the next door', () => {
  welcomed().say({ type: 'bye', reason: 'moved', message: '', retry: true })
  expect(socket.open).toBe(false)
  last().drop()
  pass(375)
  expect(tried()).toBe('ab')
})

test('closed while it knocks, it knocks no more', () => {
  pass(2_000)
  socket.close()
  pass(60_000)
  expect(tried()).toBe('ab')
  expect(FakeWebSocket.all.every(({ closed }) => closed)).toBe(true)
})
