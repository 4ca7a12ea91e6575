/**
 * Times as people say them. What belongs to an appointment is told in the zone of its
 * establishment; what is the reader's own (a session, a code that is read out now) in the device's.
 */
import { withFirst } from '../i18n/first'
import { timeIn, zoneWords } from '../i18n/zone'

/** The zone of the device. */
export const ownZone = ''

function format(instant: number, zone: string, options: Intl.DateTimeFormatOptions): string {
  return withFirst(timeIn(instant, zone, options))
}

/** 09:00 */
export const clock = (instant: number, zone: string) =>
  format(instant, zone, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })

/** 1er déc. 2026, 09:00, with its zone where the device's clock shows another time. */
export const moment = (instant: number, zone: string) =>
  format(instant, zone, { dateStyle: 'medium', timeStyle: 'short' }) + zoneWords(instant, zone)

/** mardi 1er décembre 2026, of a date without a time */
export const dayName = (date: string) =>
  format(Date.parse(`${date}T12:00:00Z`), 'UTC', {
    weekday: 'long',
    day: 'numeric',
    month: 'long',
    year: 'numeric',
  })

/** 28/03/1979 */
export const shortDate = (date: string) =>
  date &&
  format(Date.parse(`${date}T12:00:00Z`), 'UTC', { dateStyle: 'short' }).replace(
    /\d+$/,
    date.slice(0, 4),
  )

/** The date of an instant in a zone: 2026-12-01. */
export function dateIn(instant: number, zone = ''): string {
  const parts = new Intl.DateTimeFormat('en-CA', {
    timeZone: zone || undefined,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  }).formatToParts(instant)
  const part = (type: string) => parts.find((one) => one.type === type)!.value
  return `${part('year')}-${part('month')}-${part('day')}`
}

/** The date some days later. */
export function plusDays(date: string, days: number): string {
  const noon = new Date(`${date}T12:00:00Z`)
  noon.setUTCDate(noon.getUTCDate() + days)
  return noon.toISOString().slice(0, 10)
}

/** The Monday and the Sunday of a date's week. */
export function weekOf(date: string): { from: string; to: string } {
  const weekday = (new Date(`${date}T12:00:00Z`).getUTCDay() + 6) % 7
  const from = plusDays(date, -weekday)
  return { from, to: plusDays(from, 6) }
}

export const minutesSince = (then: number, now: number) =>
  Math.max(0, Math.floor((now - then) / 60_000))
