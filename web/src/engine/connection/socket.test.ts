// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Link } from '../api'
import { Socket, retryDelay } from './socket'
import type { SocketEvents } from './socket'
import { FakeWebSocket, aWelcome } from '../testing/fakes'

let links: Link[]
let heard: string[]
let socket: Socket
let moves: number
let greetings: number
let network: EventTarget & { type: string }

const events: SocketEvents = {
  join: () => ({ type: 'join', token: 't', device: 'd' }),
  greeted: () => greetings++,
  link: (link) => links.push(link),
  message: (message) => heard.push(message.type),
  moved: () => moves++,
}

beforeEach(() => {
  vi.useFakeTimers()
  vi.stubGlobal('WebSocket', FakeWebSocket)
  vi.spyOn(Math, 'random').mockReturnValue(0.5)
  FakeWebSocket.all = []
  links = []
  moves = greetings = 0
  network = Object.assign(new EventTarget(), { type: 'wifi' })
  vi.stubGlobal('navigator', { connection: network })
  heard = []
  socket = new Socket([new URL('ws://server.example/ws')], events)
})
afterEach(() => {
  socket.close()
  vi.useRealTimers()
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
})

function welcomed(resumed = false): FakeWebSocket {
  FakeWebSocket.last.open()
  FakeWebSocket.last.say(aWelcome({ resumed }))
  return FakeWebSocket.last
}

test('joins first, and says nothing before the welcome but what may go with the join', () => {
  expect(FakeWebSocket.last.protocol).toBe('draille.v1')
  FakeWebSocket.last.open()
  expect(FakeWebSocket.last.sent).toEqual([{ type: 'join', token: 't', device: 'd' }])
  expect(greetings).toBe(1)
  expect(socket.send({ type: 'leave' })).toBe(false)
  expect(socket.send({ type: 'leave' }, true)).toBe(true)
  FakeWebSocket.last.drop()
  expect(socket.send({ type: 'leave' }, true)).toBe(false)
  vi.advanceTimersByTime(375)
  expect(socket.send({ type: 'leave' }, true)).toBe(false)
  FakeWebSocket.last.open()
  FakeWebSocket.last.say(aWelcome())
  expect(socket.send({ type: 'leave' })).toBe(true)
  expect(links.at(-1)).toEqual({ state: 'open' })
})

test('a websocket that was opened before is used, whether it is open already or not', () => {
  for (const isOpen of [true, false]) {
    socket.close()
    FakeWebSocket.all = []
    const opened = new FakeWebSocket(new URL('ws://server.example/ws'), 'draille.v1')
    if (isOpen) opened.open()
    socket = new Socket([new URL('ws://server.example/ws')], events, opened as unknown as WebSocket)
    if (!isOpen) opened.open()
    expect(opened.of('join')).toHaveLength(1)
    expect(FakeWebSocket.all).toEqual([opened])
    opened.drop()
    vi.advanceTimersByTime(375)
    expect(FakeWebSocket.all, 'once').toHaveLength(2)
  }
})

test('delays double up to a limit, half of each by chance', () => {
  expect([1, 2, 3].map((n) => retryDelay(n, 1))).toEqual([500, 1000, 2000])
  expect(retryDelay(3, 0)).toBe(1000)
  expect(retryDelay(40, 1)).toBe(3_000)
  expect(retryDelay(61, 1)).toBe(15_000)
})

test('counts down and tries again until the server is back', () => {
  welcomed().drop()
  expect(links.at(-1)).toEqual({ state: 'lost', attempt: 1, retryAt: performance.now() + 375 })
  vi.advanceTimersByTime(375)
  expect(FakeWebSocket.all).toHaveLength(2)
  FakeWebSocket.last.drop()
  expect(links.at(-1)).toMatchObject({ attempt: 2, retryAt: performance.now() + 750 })
  vi.advanceTimersByTime(750)
  welcomed(true).drop()
  expect(links.slice(-2)).toMatchObject([{ state: 'open' }, { state: 'lost', attempt: 1 }])
})

test('a websocket that opens but is never welcomed does not count as back', () => {
  welcomed().drop()
  vi.advanceTimersByTime(375)
  FakeWebSocket.last.open()
  vi.advanceTimersByTime(10_000)
  expect(FakeWebSocket.all[1]!.closed).toBe(true)
  expect(links.at(-1)).toMatchObject({ state: 'lost', attempt: 2 })
})

test('pings every 5 s and gives a silent websocket up after 10 s', () => {
  const first = welcomed()
  vi.advanceTimersByTime(5_000)
  expect(first.of('ping')).toEqual([{ type: 'ping', n: 1 }])
  first.say({ type: 'pong', n: 1 })
  vi.advanceTimersByTime(9_999)
  expect(first.closed).toBe(false)
  vi.advanceTimersByTime(1)
  expect(first.closed).toBe(true)
  expect(heard).toEqual(['welcome'])
})

test('a network that is back is tried at once', () => {
  welcomed().drop()
  dispatchEvent(new Event('online'))
  expect(FakeWebSocket.all).toHaveLength(2)
  vi.advanceTimersByTime(9_000)
  expect(FakeWebSocket.all).toHaveLength(2)
})

test('a device that is on a network again, or on another, gets a new websocket at once', () => {
  const first = welcomed()
  dispatchEvent(new Event('online'))
  expect([first.closed, FakeWebSocket.all.length, moves]).toEqual([true, 2, 1])
  const second = welcomed(true)
  network.dispatchEvent(new Event('change')) // of an estimated rate
  expect([second.closed, moves]).toEqual([false, 1])
  network.type = 'cellular'
  network.dispatchEvent(new Event('change'))
  expect([second.closed, FakeWebSocket.all.length, moves]).toEqual([true, 3, 2])
  expect(links.every((link) => link.state === 'open')).toBe(true)
})

test('a lost network or media that stop make the websocket prove that it lives', () => {
  const first = welcomed()
  dispatchEvent(new Event('offline'))
  expect(first.of('ping')).toHaveLength(1)
  first.say({ type: 'pong', n: 1 })
  vi.advanceTimersByTime(3_000)
  expect(first.closed).toBe(false)
  socket.prove()
  vi.advanceTimersByTime(1_000)
  socket.prove() // again gives it no more time
  expect(first.of('ping')).toHaveLength(2)
  vi.advanceTimersByTime(600)
  expect(first.closed).toBe(true)
})

test('so does a page that is looked at again', () => {
  const first = welcomed()
  document.dispatchEvent(new Event('visibilitychange'))
  first.say({ type: 'pong', n: 1 })
  vi.advanceTimersByTime(3_000)
  expect(first.closed).toBe(false)
})

test('what a person did while it was away is said once the place is taken back', () => {
  welcomed().drop()
  socket.sendOrKeep({ type: 'say', text: 'bonjour' })
  vi.advanceTimersByTime(375)
  expect(welcomed(true).of('say')).toEqual([{ type: 'say', text: 'bonjour' }])
})

test('but not in another place', () => {
  welcomed().drop()
  socket.sendOrKeep({ type: 'say', text: 'bonjour' })
  vi.advanceTimersByTime(375)
  expect(welcomed(false).of('say')).toEqual([])
})

test('a goodbye without retry is the end, one with retry is not', () => {
  const first = welcomed()
  first.say({ type: 'bye', reason: 'shutdown', message: '', retry: true })
  first.drop()
  vi.advanceTimersByTime(375)
  const second = welcomed(true)
  second.say({ type: 'bye', reason: 'ended', message: '', retry: false })
  second.drop()
  vi.advanceTimersByTime(60_000)
  expect(FakeWebSocket.all).toHaveLength(2)
})

test('closed, it stays closed', () => {
  const first = welcomed()
  socket.close()
  dispatchEvent(new Event('online'))
  vi.advanceTimersByTime(60_000)
  expect(first.closed).toBe(true)
  expect(FakeWebSocket.all).toHaveLength(1)
})
