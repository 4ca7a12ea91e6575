// @vitest-environment happy-dom
import { afterEach, expect, test, vi } from 'vitest'
import type { ServerMessage, Welcome } from '../protocol/messages'
import type { Call, Notice } from './api'
import { createCall } from './call'
import { FakeAudio, useFakeBrowser } from './testing/browser'
import { FakePeerConnection, FakeWebSocket, aPerson, aWelcome, settled } from './testing/fakes'

useFakeBrowser()

let call: Call
let notices: Notice['kind'][]

afterEach(() => {
  if (call.place.value !== 'ended') call.leave()
})

async function hear(...messages: ServerMessage[]): Promise<void> {
  for (const message of messages) FakeWebSocket.last.say(message)
  await settled()
}

async function answered(): Promise<void> {
  const { connection } = FakeWebSocket.last.of('offer').at(-1)!
  await hear({ type: 'answer', connection, sdp: 'answer' })
}

const roster = (note: string, ...others: string[]): ServerMessage => ({
  type: 'roster',
  full: true,
  present: [aPerson('me'), ...others.map((id) => aPerson(id))],
  waiting: [],
  left: [],
  locked: false,
  note,
})

const line = (n: number, text: string): ServerMessage => ({
  type: 'chat',
  line: { n, participant: 'a', name: 'A', role: 'guest', text, at: 0 },
})

/** A host in a call with a and b, whose server hands the room over; its websocket is open again. */
async function handedOver(
  change: Partial<Welcome> = {},
  before = () => {},
  after = () => {},
): Promise<void> {
  call = createCall({ token: 'token', lang: 'fr' })
  notices = []
  call.onNotice(({ kind }) => notices.push(kind))
  FakeWebSocket.last.open()
  await hear(aWelcome({ role: 'host' }))
  await answered()
  call.enter('Jeanne')
  await hear({ type: 'admitted' }, roster('Un instant.', 'a', 'b'), line(1, 'un'), line(2, 'deux'))
  FakePeerConnection.last.become('connected')
  await settled()
  before()
  await hear({ type: 'bye', reason: 'moved', message: '', retry: true })
  after()
  FakeWebSocket.last.drop()
  await vi.advanceTimersByTimeAsync(375)
  FakeWebSocket.last.open()
  await hear(aWelcome({ role: 'host', resumed: false, place: 'room', ...change }))
}

const playing = () => FakeAudio.all.filter(({ srcObject }) => srcObject).length
const slots = 4

test('the connection of before plays until a voice comes over the new one', async () => {
  await handedOver()
  const [before, after] = FakePeerConnection.all
  expect(FakePeerConnection.all).toHaveLength(2)
  expect([before!.signalingState, playing()]).toEqual(['stable', 2 * slots])
  expect(call.transport.value).toBe('connected')
  await answered()
  after!.become('connecting')
  expect(call.transport.value, 'nothing is missing meanwhile').toBe('connected')
  after!.become('connected')
  await vi.advanceTimersByTimeAsync(500)
  expect(playing()).toBe(2 * slots)
  const [, slot] = after!.getReceivers().filter(({ track }) => track.kind === 'audio')
  slot!.heardAt = 1 // the first section is our own microphone
  await vi.advanceTimersByTimeAsync(150)
  expect(playing(), 'it has just begun').toBe(2 * slots)
  await vi.advanceTimersByTimeAsync(100)
  expect(playing()).toBe(slots)
  expect(before!.signalingState, 'others may still hear us by it').toBe('stable')
  await vi.advanceTimersByTimeAsync(2_000)
  expect(before!.signalingState).toBe('closed')
  expect(after!.signalingState).not.toBe('closed')
})

test('where nobody speaks it is left a second after the new one is connected', async () => {
  await handedOver()
  await answered()
  await vi.advanceTimersByTimeAsync(2_000)
  expect(playing(), 'the new one does not stand yet').toBe(2 * slots)
  FakePeerConnection.last.become('connected')
  await vi.advanceTimersByTimeAsync(1_200)
  expect(playing()).toBe(slots)
})

test('who leaves meanwhile leaves both', async () => {
  await handedOver()
  call.leave()
  expect(FakePeerConnection.all.map(({ signalingState }) => signalingState)).toEqual([
    'closed',
    'closed',
  ])
  expect(playing()).toBe(0)
})

test('the chat goes on behind the lines of before, and the note is told again', async () => {
  await handedOver()
  await hear({ type: 'admitted' }, roster('', 'a'), line(1, 'trois'))
  const lines = call.chat.value.map(({ n, text }) => `${n} ${text}`)
  expect(lines).toEqual(['1 un', '2 deux', '3 trois'])
  expect(FakeWebSocket.last.of('note')).toEqual([{ type: 'note', text: 'Un instant.' }])
})

test('lines go on as numbered where they were kept, and the note is not told again', async () => {
  await handedOver({ kept: true })
  await hear({ type: 'admitted' }, roster('Un instant.', 'a'), line(1, 'un'), line(3, 'trois'))
  const lines = call.chat.value.map(({ n, text }) => `${n} ${text}`)
  expect(lines).toEqual(['1 un', '2 deux', '3 trois'])
  expect(FakeWebSocket.last.of('note')).toEqual([])
})

test('a line that the other server did not hear any more is said again', async () => {
  await handedOver({ kept: true }, () => {
    call.say('entendu')
    FakeWebSocket.last.say({
      type: 'chat',
      line: { n: 3, participant: 'me', name: 'Jeanne', role: 'host', text: 'entendu', at: 0 },
    })
    call.say('perdu')
  }, () => call.say('plus tard'))
  expect(FakeWebSocket.last.of('say')).toEqual([
    { type: 'say', text: 'perdu' },
    { type: 'say', text: 'plus tard' },
  ])
})

test('nobody leaves for coming later; who does not come is gone after 5 s', async () => {
  await handedOver()
  notices.length = 0
  const there = () => call.people.value.map(({ id }) => id)
  await hear({ type: 'admitted' }, roster(''))
  expect(there()).toEqual(['a', 'b', 'me'])
  await hear({ ...(roster('', 'a') as object), full: false } as ServerMessage)
  await vi.advanceTimersByTimeAsync(4_900)
  expect([there(), notices]).toEqual([['a', 'b', 'me'], []])
  await vi.advanceTimersByTimeAsync(100)
  expect([there(), notices]).toEqual([['a', 'me'], ['left']])
})

test('a place that is lost is a new one: nothing of before is kept', async () => {
  await handedOver({ place: 'lobby' })
  expect(FakePeerConnection.all[0]!.signalingState).toBe('closed')
  expect(call.chat.value).toEqual([])
})
