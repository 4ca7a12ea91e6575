/** The time of an appointment and the time until it, in words. */
import { withFirst } from '../i18n/first'
import { timeIn } from '../i18n/zone'
import { words } from './words'

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

/** mardi 1er décembre à 09:00, in the zone of the appointment. */
export function whenWords(at: number, zone: string): string {
  const text = timeIn(at, zone, {
    weekday: 'long',
    day: 'numeric',
    month: 'long',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  })
  return withFirst(text)
}

/** 08:30, in the zone of the appointment. */
export const clockWords = (at: number, zone: string) => whenWords(at, zone).slice(-5)

/** Two units at most: nobody counts minutes a day ahead. */
export function untilWords(left: number): string {
  const sentences = words.value
  if (left < minute) return ''
  const minutes = Math.ceil(left / minute) * minute
  if (minutes >= 2 * day) return sentences.days(Math.round(minutes / day))
  if (minutes < hour) return sentences.minutes(minutes / minute)
  const hours = Math.floor(minutes / hour)
  const rest = (minutes % hour) / minute
  const text = sentences.hours(hours)
  return rest > 0 && hours < 6 ? `${text} ${sentences.minutes(rest)}` : text
}

const longestWait = 60_000 // ms: one that is moved or cancelled is noticed after a minute

/** When to ask again: as it opens, and now and then before. */
export function askAgainIn(opensAt: number, now: number): number {
  return Math.min(Math.max(opensAt - now, 0) + 250, longestWait)
}
