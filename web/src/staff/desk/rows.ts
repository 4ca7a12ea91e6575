/** What the list of a day does with what it hears: pure, the time is an argument. */
import type { Arrival, Day, Delay, LiveState, Row } from '../api'
import { dateIn } from '../dates'

export type Section = 'waiting' | 'ongoing' | 'expected' | 'over'

export const sections: Section[] = ['waiting', 'ongoing', 'expected', 'over']

const sectionOf: Record<LiveState, Section> = {
  waiting: 'waiting',
  ongoing: 'ongoing',
  expected: 'expected',
  over: 'over',
  noshow: 'over',
  cancelled: 'over',
}

/** The rows of each section: whoever waits longest is first, the rest goes by the clock. */
export function bySection(rows: readonly Row[]): Record<Section, Row[]> {
  const sorted = [...rows].sort(
    (a, b) =>
      a.appointment.startsAt - b.appointment.startsAt ||
      a.appointment.id.localeCompare(b.appointment.id),
  )
  const result: Record<Section, Row[]> = { waiting: [], ongoing: [], expected: [], over: [] }
  for (const row of sorted) result[sectionOf[row.live]].push(row)
  result.waiting.sort((a, b) => a.appointment.arrivedAt - b.appointment.arrivedAt)
  return result
}

/** A row that is new or has changed; one that moved to another day leaves this one. */
export function withRow(day: Day, row: Row, establishment: string): Day {
  const others = day.appointments.filter((one) => one.appointment.id !== row.appointment.id)
  const { appointment } = row
  const here =
    dateIn(appointment.startsAt, appointment.zone) === day.date &&
    (!establishment ||
      appointment.establishment === establishment ||
      appointment.hostEstablishment === establishment)
  return { ...day, appointments: here ? [...others, row] : others }
}

export function withoutRow(day: Day, appointment: string): Day {
  return {
    ...day,
    appointments: day.appointments.filter((row) => row.appointment.id !== appointment),
  }
}

export function withDelay(day: Day, delay: Delay): Day {
  const others = day.delays.filter(
    (one) => one.id !== delay.id && !(one.service === delay.service && one.person === delay.person),
  )
  return { ...day, delays: delay.minutes > 0 ? [...others, delay] : others }
}

/**
 * The appointments that ring: somebody waits there who is to be met by whoever listens. One that
 * was hushed rings again when somebody else arrives.
 */
export class Bell {
  private hushed = new Set<string>()
  private called = new Set<string>()

  arrival({ appointment }: Arrival): void {
    this.called.add(appointment)
    this.hushed.delete(appointment)
  }

  hush(appointment: string): void {
    this.hushed.add(appointment)
  }

  /** Rows that wait for whoever may meet them ring even if their arrival was not heard here. */
  ringing(rows: readonly Row[]): Row[] {
    const waiting = rows.filter((row) => row.live === 'waiting')
    for (const id of [...this.called, ...this.hushed])
      if (!waiting.some((row) => row.appointment.id === id)) {
        this.called.delete(id)
        this.hushed.delete(id)
      }
    return waiting.filter(
      ({ appointment, mine, mayBegin }) =>
        !this.hushed.has(appointment.id) && (this.called.has(appointment.id) || (mine && mayBegin)),
    )
  }
}
