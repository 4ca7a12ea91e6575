/**
 * Hours of an appointment are those of its establishment on every page; the zone is named where the
 * device's clock shows another time.
 */
import { words } from '.'
import { language } from './language'

const locales = { fr: 'fr-FR', en: 'en-GB' }

/** A time in a zone; '', or a zone that this browser does not know: the device's. */
export function timeIn(at: number, zone: string, options: Intl.DateTimeFormatOptions): string {
  const format = (timeZone?: string) =>
    new Intl.DateTimeFormat(locales[language.value], { ...options, timeZone }).format(at)
  try {
    return format(zone || undefined)
  } catch {
    return format()
  }
}

/** Europe/Paris: Paris. */
const placeOf = (zone: string) => zone.split('/').at(-1)!.replaceAll('_', ' ')

const whole = { dateStyle: 'short', timeStyle: 'short' } as const

/** The zone in words behind a time, where the device's clock shows another. */
export const zoneWords = (at: number, zone: string): string =>
  timeIn(at, zone, whole) === timeIn(at, '', whole) ? '' : words.value.house.zone(placeOf(zone))
