// @vitest-environment happy-dom
/** What people do to one another in a call, from the server's messages to the page and back. */
import { afterEach, expect, test, vi } from 'vitest'
import type { Roster, ServerMessage } from '../protocol/messages'
import type { Call, Notice } from './api'
import { createCall } from './call'
import { FakeAudio, useFakeBrowser } from './testing/browser'
import { FakePeerConnection, FakeWebSocket, aPerson, aWelcome, settled } from './testing/fakes'

useFakeBrowser()

let call: Call

afterEach(() => call.leave())

async function hear(...messages: ServerMessage[]): Promise<void> {
  for (const message of messages) FakeWebSocket.last.say(message)
  await settled()
}

const roster = (change: Partial<Roster> = {}): Roster => ({
  type: 'roster',
  full: false,
  present: [],
  waiting: [],
  left: [],
  locked: false,
  ...change,
})

const [me, other] = [aPerson('me', { name: 'Jeanne' }), aPerson('a')]

async function inRoom(): Promise<void> {
  call = createCall({ token: 'token', lang: 'fr' })
  FakeWebSocket.last.open()
  await hear(aWelcome())
  call.enter('Jeanne')
  await hear({ type: 'admitted' }, roster({ full: true, present: [me, other] }))
}

const typed = () =>
  FakeWebSocket.last.of('typing').map(({ keep, text }) => [keep, text] as const)

test('letters are told as they are written, whole to whoever comes, until the line', async () => {
  await inRoom()
  call.type('Bonjour \u0007')
  vi.advanceTimersByTime(300)
  expect(typed()).toEqual([[0, 'Bonjour ']])
  await hear(roster({ present: [aPerson('b')] }))
  expect(typed().at(-1)).toEqual([0, 'Bonjour '])
  call.say('Bonjour ')
  call.type('')
  vi.advanceTimersByTime(1_000)
  expect(typed()).toHaveLength(2)
})

test('the letters of others are read until their line comes or they go', async () => {
  await inRoom()
  await hear({ type: 'typed', participant: 'a', keep: 0, text: 'Oui' })
  await hear({ type: 'typed', participant: 'a', keep: 3, text: ', bien' })
  expect(call.drafts.value).toEqual({ a: 'Oui, bien' })
  await hear({
    type: 'chat',
    line: { n: 1, participant: 'a', name: 'a', text: 'Oui, bien', at: 1 },
  })
  expect(call.drafts.value).toEqual({})
  await hear({ type: 'typed', participant: 'a', keep: 0, text: 'Et' }, roster({ left: ['a'] }))
  expect(call.drafts.value).toEqual({})
})

test('with one link on two devices the second is muted here, too', async () => {
  await inRoom()
  await call.openDevices({ microphone: true, camera: false })
  await hear({ type: 'samelink', participants: ['a'], muted: true })
  expect(call.microphone.value.wanted).toBe(false)
  expect(call.sameLink.value).toMatchObject({ participants: ['a'], muted: true })
  await hear(roster({ left: ['a'] }))
  expect(call.sameLink.value).toBeUndefined()
})

test('whoever is handed the call is a host from then on, and everybody is told', async () => {
  await inRoom()
  const notices: Notice[] = []
  call.onNotice((notice) => notices.push(notice))
  call.handOver('a')
  expect(FakeWebSocket.last.of('handover')).toMatchObject([{ participant: 'a' }])
  await hear(roster({ present: [{ ...me, role: 'host' }] }))
  expect(call.me.value?.role).toBe('host')
  await hear(roster({ present: [{ ...me, role: 'clinician' }, { ...other, role: 'host' }] }))
  expect(call.me.value?.role).toBe('clinician')
  expect(notices).toEqual([
    { kind: 'host', name: 'Jeanne', mine: true },
    { kind: 'host', name: other.name, mine: false },
  ])
})

test('the spotlight comes with the roster', async () => {
  await inRoom()
  call.showToAll('a')
  expect(FakeWebSocket.last.of('spotlight')).toMatchObject([{ participant: 'a' }])
  await hear(roster({ spotlight: 'a' }))
  expect(call.spotlight.value).toBe('a')
  await hear(roster())
  expect(call.spotlight.value).toBe('')
})

test('a link is asked for, and the one of before is not taken for it', async () => {
  await inRoom()
  call.invite('guest', 'M. Roux')
  expect(FakeWebSocket.last.of('invite')).toMatchObject([{ role: 'guest', name: 'M. Roux' }])
  await hear({ type: 'invitation', link: 'https://d/#1', picture: 'data:,', expires: 1 })
  expect(call.invitation.value?.link).toBe('https://d/#1')
  call.invite('guest', '')
  expect(call.invitation.value).toBeUndefined()
})

test('somebody is as loud as one has set them, in whichever slot they speak', async () => {
  await inRoom()
  const connection = FakePeerConnection.last
  const slots = connection.transceivers.filter(
    ({ kind, init }) => kind === 'audio' && init.direction === 'recvonly',
  )
  const volumes = () => FakeAudio.all.map((audio) => (audio as unknown as HTMLAudioElement).volume)
  slots[1]!.receiver.sources = [{ source: other.csrcs.microphone, rtpTimestamp: 0, timestamp: 1 }]
  call.setVolume('a', 0.4)
  expect(volumes()).toEqual(slots.map((_, i) => (i === 1 ? 0.4 : 1)))
  slots[1]!.receiver.sources = []
  slots[2]!.receiver.sources = [{ source: other.csrcs.microphone, rtpTimestamp: 0, timestamp: 2 }]
  vi.advanceTimersByTime(100)
  expect(volumes()).toEqual(slots.map((_, i) => (i === 2 ? 0.4 : 1)))
})
