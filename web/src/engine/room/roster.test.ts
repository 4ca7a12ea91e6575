import { afterEach, expect, test, vi } from 'vitest'
import type { Roster } from '../../protocol/messages'
import { follow, nobody, viewOf } from './roster'
import { aPerson, aWelcome } from '../testing/fakes'
import { State } from './state'

afterEach(() => void vi.useRealTimers())

const roster = (change: Partial<Roster>): Roster => ({
  type: 'roster',
  full: false,
  present: [],
  waiting: [],
  left: [],
  locked: false,
  ...change,
})
const started = follow(
  nobody,
  roster({ full: true, present: [aPerson('me'), aPerson('a', { since: 2 })] }),
  'me',
).known

test('those who were there before are no news', () => {
  const { notices, known } = follow(
    nobody,
    roster({ full: true, present: [aPerson('b', { since: 2 }), aPerson('a', { since: 1 })] }),
    'me',
  )
  expect(notices).toEqual([])
  expect(known.present.map((person) => person.id)).toEqual(['a', 'b'])
})
test('changes are merged by name, arrivals and departures told', () => {
  const message = roster({
    present: [aPerson('b', { since: 1 }), aPerson('me', { name: 'other' })],
    left: ['a'],
  })
  const { known, notices } = follow(started, message, 'me')
  expect(known.present.map((person) => person.name)).toEqual(['other', 'name of b'])
  expect(notices).toEqual([
    { kind: 'joined', name: 'name of b' },
    { kind: 'left', name: 'name of a' },
  ])
})
test('a guest whom the last of the staff leaves is told so by the server alone', () => {
  const host = aPerson('host', { role: 'host' })
  const doctor = aPerson('doctor', { role: 'clinician' })
  const people = [host, doctor, aPerson('friend'), aPerson('me')]
  const full = follow(nobody, roster({ full: true, present: people }), 'me').known
  const first = follow(full, roster({ left: ['doctor'] }), 'me')
  expect(first.notices).toEqual([{ kind: 'left', name: 'name of doctor' }])
  const last = follow(first.known, roster({ left: ['host'] }), 'me')
  expect(last.notices).toEqual([])
  expect(follow(last.known, roster({ left: ['friend'] }), 'me').notices).toEqual([
    { kind: 'left', name: 'name of friend' },
  ])
})
test('a complete roster after a reconnection tells who went meanwhile', () => {
  expect(follow(started, roster({ full: true, present: [aPerson('me')] }), 'me').notices).toEqual([
    { kind: 'left', name: 'name of a' },
  ])
})
test('the own arrival, hand and departure are no news', () => {
  expect(
    follow(started, roster({ present: [aPerson('me', { handRaised: 7 })] }), 'me').notices,
  ).toEqual([])
  expect(follow(started, roster({ left: ['me'] }), 'me').notices).toEqual([])
})
test('a hand is told when it goes up, once', () => {
  const up = roster({ present: [aPerson('a', { handRaised: 7 })] })
  const first = follow(started, up, 'me')
  expect(first.notices).toEqual([{ kind: 'hand', name: 'name of a' }])
  expect(follow(first.known, up, 'me').notices).toEqual([])
})
test('whoever waits is told once, also to a host who has just come', () => {
  const waiting = roster({ full: true, waiting: [aPerson('w')] })
  const { known, notices } = follow(nobody, waiting, 'me')
  expect(notices).toEqual([{ kind: 'waiting', name: 'name of w' }])
  expect(follow(known, waiting, 'me').notices).toEqual([])
})
test('a person as the pages see them', () => {
  expect(viewOf(aPerson('me', { removedOnce: true }), 'me')).toEqual({
    id: 'me',
    name: 'name of me',
    role: 'guest',
    me: true,
    connected: true,
    microphone: true,
    camera: true,
    screen: false,
    handRaised: 0,
    removedOnce: true,
    invitedAs: '',
    sameLink: [],
    refused: 0,
    since: 0,
    mode: 'automatic',
  })
})

test.each([0, 3 * 3_600_000])('who came when goes by the server’s clock, %i ms ahead', (ahead) => {
  vi.useFakeTimers()
  const state = new State()
  const now = Date.now() + ahead
  state.welcome(aWelcome({ now }))
  const waiting = [aPerson('w', { since: now - 240_000 })]
  state.roster(roster({ full: true, present: [aPerson('me', { since: now })], waiting }))
  const waits = performance.now() - state.waiting.value[0]!.since
  expect(waits).toBe(240_000)
})
