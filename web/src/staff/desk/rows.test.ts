import { describe, expect, it } from 'vitest'
import type { Day, LiveState, Row } from '../api'
import { Bell, bySection, withDelay, withoutRow, withRow } from './rows'

type Sketch = Partial<Row['appointment']> & { live?: LiveState; mine?: boolean }

const nine = Date.parse('2026-12-01T08:00:00Z')

function row(id: string, { live = 'expected', mine = true, ...appointment }: Sketch = {}): Row {
  return {
    appointment: { id, startsAt: nine, zone: 'Europe/Paris', establishment: 'E1', ...appointment },
    live,
    mine,
    mayBegin: true,
  } as Row
}

const day = (...appointments: Row[]): Day => ({
  date: '2026-12-01',
  zone: 'Europe/Paris',
  now: nine,
  appointments,
  delays: [],
  places: [],
  services: [],
})
const ids = (rows: Row[]) => rows.map((one) => one.appointment.id)

describe('the list of a day', () => {
  it('goes by the clock, and by who waits longest', () => {
    const sections = bySection([
      row('C', { startsAt: nine + 2 }),
      row('A', { startsAt: nine + 1 }),
      row('W2', { live: 'waiting', arrivedAt: 20 }),
      row('W1', { live: 'waiting', arrivedAt: 10, startsAt: nine + 9 }),
      row('X', { live: 'cancelled' }),
      row('N', { live: 'noshow', startsAt: nine + 5 }),
      row('O', { live: 'over', startsAt: nine + 1 }),
    ])
    expect(ids(sections.expected)).toEqual(['A', 'C'])
    expect(ids(sections.waiting)).toEqual(['W1', 'W2'])
    expect(ids(sections.over)).toEqual(['X', 'O', 'N'])
  })

  it('takes in what is new, what has changed, and what moved here', () => {
    const before = day(row('A'))
    expect(ids(withRow(before, row('B'), '').appointments)).toEqual(['A', 'B'])
    const changed = withRow(before, row('A', { live: 'waiting' }), '').appointments
    expect(changed.map(({ live }) => live)).toEqual(['waiting'])
  })

  it('lets go what moved to another day, by the clock of its establishment', () => {
    const before = day(row('A'))
    const late = Date.parse('2026-12-01T23:30:00Z') // the next day in Paris
    expect(ids(withRow(before, row('A', { startsAt: late }), '').appointments)).toEqual([])
    expect(ids(withoutRow(before, 'A').appointments)).toEqual([])
  })

  it('keeps to the establishment that is shown, its places among it', () => {
    const other = { establishment: 'E2' }
    expect(ids(withRow(day(), row('A', other), 'E1').appointments)).toEqual([])
    const here = row('A', { ...other, hostEstablishment: 'E1' })
    expect(ids(withRow(day(), here, 'E1').appointments)).toEqual(['A'])
  })

  it('has one delay a queue, and none that was taken back', () => {
    const delay = { id: 'D1', service: 'V1', person: '', minutes: 10 } as Day['delays'][number]
    const once = withDelay(day(), delay)
    const twice = withDelay(once, { ...delay, id: 'D2', minutes: 20 })
    expect(twice.delays.map(({ minutes }) => minutes)).toEqual([20])
    expect(withDelay(twice, { ...delay, id: 'D2', minutes: 0 }).delays).toEqual([])
  })
})

describe('the bell', () => {
  const waiting = (id: string, more: Sketch = {}) => row(id, { live: 'waiting', ...more })
  const arrival = (appointment: string) => ({ appointment, participant: 'T', at: 1 })

  it('rings while somebody waits, and no longer', () => {
    const bell = new Bell()
    bell.arrival(arrival('A'))
    expect(ids(bell.ringing([waiting('A')]))).toEqual(['A'])
    expect(ids(bell.ringing([waiting('A')])), 'it repeats').toEqual(['A'])
    expect(bell.ringing([row('A', { live: 'ongoing' })])).toEqual([])
  })

  it('rings for whoever waited before the page was opened', () => {
    expect(ids(new Bell().ringing([waiting('A')]))).toEqual(['A'])
    expect(new Bell().ringing([waiting('A', { mine: false })])).toEqual([])
  })

  it('keeps quiet about what was hushed, until somebody else arrives there', () => {
    const bell = new Bell()
    bell.arrival(arrival('A'))
    bell.hush('A')
    expect(bell.ringing([waiting('A')])).toEqual([])
    bell.arrival(arrival('A'))
    expect(ids(bell.ringing([waiting('A')]))).toEqual(['A'])
  })

  it('forgets a hush when nobody waits any more', () => {
    const bell = new Bell()
    bell.hush('A')
    bell.ringing([row('A')])
    expect(ids(bell.ringing([waiting('A')]))).toEqual(['A'])
  })
})
