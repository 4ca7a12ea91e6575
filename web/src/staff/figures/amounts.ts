/** Numbers as people read them. */
import { language } from '../../i18n/language'
import { timeIn } from '../../i18n/zone'

const written = (value: number, options: Intl.NumberFormatOptions) =>
  new Intl.NumberFormat(language.value, options).format(value)

export const none = '–'

export const amount = (value: number | undefined, digits = 0) =>
  value === undefined ? none : written(value, { maximumFractionDigits: digits })

/** 12 %, of 0.12 */
export const share = (value: number | undefined) =>
  value === undefined ? none : written(value, { style: 'percent', maximumFractionDigits: 0 })

/** Seconds as minutes, 7 min. */
export const minutes = (seconds: number | undefined) =>
  seconds === undefined ? none : `${amount(seconds / 60)}\u00a0min`

/** Seconds as hours or, from two days on, days. */
export function longTime(seconds: number | undefined, dayWord: string): string {
  if (seconds === undefined) return none
  const hours = seconds / 3600
  if (hours < 48) return `${amount(hours, 1)}\u00a0h`
  return `${amount(hours / 24, 1)}\u00a0${dayWord}`
}

/** décembre 2026, of 2026-12; narrow: D */
export const monthName = (month: string, style: 'narrow' | 'long' = 'long') =>
  timeIn(Date.parse(`${month}-15T12:00:00Z`), 'UTC', {
    month: style,
    year: style === 'long' ? 'numeric' : undefined,
  })
