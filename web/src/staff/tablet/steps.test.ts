import { describe, expect, it } from 'vitest'
import type { Row } from '../api'
import {
  afterBack,
  afterIdling,
  afterReading,
  callsAgain,
  endingOf,
  entersAtOnce,
  idleAfter,
  listed,
  next,
  type Step,
} from './steps'

const row = (id: string, live: Row['live'], more: Partial<Row> = {}) =>
  ({ appointment: { id, startsAt: Number(id.slice(1)) }, live, ...more }) as Row

const steps: Step[] = [
  { at: 'list' },
  { at: 'identity', appointment: 'A1' },
  { at: 'differs' },
  { at: 'consent', appointment: 'A1', by: 'Mme Demo' },
  { at: 'refused' },
  { at: 'ready', appointment: 'A1', by: 'Mme Demo' },
  { at: 'after', ending: 'ended', appointment: 'A1' },
]

describe('a tablet', () => {
  it.each(steps)('shows nothing after idling: $at', (step) => {
    expect(afterIdling(step, [0, 0], [idleAfter - 1, idleAfter - 1])).toBe(step)
    expect(afterIdling(step, [0, 0], [-3_600_000, idleAfter])).toEqual({ at: 'idle' })
  })

  it('never ends a call by idling, nor by what it reads', () => {
    const call: Step = { at: 'call', appointment: 'A1', address: 'x' }
    expect(afterIdling(call, [0, 0], [10 * idleAfter, 10 * idleAfter])).toBe(call)
    expect(afterReading(call, [])).toBe(call)
  })

  it.each(steps)('goes back to its list: $at', (step) => {
    expect(afterBack(step)).toEqual({ at: 'list' })
  })

  it('never ends a call by the way back', () => {
    const call: Step = { at: 'call', appointment: 'A1', address: 'x' }
    expect(afterBack(call)).toBe(call)
  })

  it('drops what it prepared when the appointment leaves its list', () => {
    const step: Step = { at: 'consent', appointment: 'A1', by: 'Mme Demo' }
    expect(afterReading(step, [row('A1', 'expected')])).toBe(step)
    expect(afterReading(step, [row('A1', 'cancelled')])).toEqual({ at: 'list' })
    expect(afterReading(step, [])).toEqual({ at: 'list' })
    const after: Step = { at: 'after', ending: 'ended', appointment: 'A1' }
    expect(afterReading(after, [row('A1', 'ongoing')])).toBe(after)
    expect(afterReading(after, []), 'nothing to call again').toEqual({ ...after, appointment: '' })
  })

  it('lists who is to come by the clock, and nobody who is done', () => {
    const rows = [row('A3', 'expected'), row('A1', 'over'), row('A2', 'ongoing')]
    expect(listed(rows).map(({ appointment }) => appointment.id)).toEqual(['A2', 'A3'])
  })

  it('asks for consent once', () => {
    expect(next(row('A1', 'expected'), 'x').at).toBe('consent')
    expect(next(row('A1', 'expected', { consent: 'refused' }), 'x').at).toBe('consent')
    expect(next(row('A1', 'expected', { consent: 'given' }), 'x').at).toBe('ready')
  })
})

describe('an ending', () => {
  it.each([
    ['left', 'room', 'left'],
    ['left', 'waiting', 'unmet'],
    ['left', 'lobby', 'unmet'],
    ['ended', 'room', 'ended'],
    ['ended', 'waiting', 'closed'],
    ['refused', 'waiting', 'refused'],
    ['removed', 'room', 'removed'],
    ['expired', 'connecting', 'over'],
    ['shutdown', 'room', 'interrupted'],
  ] as const)('%s from the %s', (reason, place, ending) => {
    expect(endingOf({ reason, place })).toBe(ending)
  })

  it('lets one call again where that may help, and nowhere else', () => {
    expect(callsAgain('unmet')).toBe(true)
    expect(callsAgain('interrupted')).toBe(true)
    expect(callsAgain('ended')).toBe(false)
    expect(callsAgain('refused')).toBe(false)
  })
})

describe('a tapped « Appeler »', () => {
  const works = { wanted: true, live: true }
  const opening = { wanted: true, live: false }
  const off = { wanted: false, live: false }
  const broken = { wanted: true, live: false, trouble: 'refused-by-browser' as const }

  it('enters when the devices work, with a camera or without one', () => {
    expect(entersAtOnce('Salle 2', works, works)).toBe(true)
    expect(entersAtOnce('Salle 2', works, off)).toBe(true)
  })

  it.each([
    ['', works, works],
    ['Salle 2', opening, works],
    ['Salle 2', works, opening],
    ['Salle 2', works, broken],
    ['Salle 2', broken, works],
  ])('waits in the lobby otherwise (%#)', (name, microphone, camera) => {
    expect(entersAtOnce(name, microphone, camera)).toBe(false)
  })
})
