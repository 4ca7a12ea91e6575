/** Rules of RFC 5545 that a form can make and read in words. Any other is left to the server. */
export type Repetition = {
  // month: on the same weekday of it, as in the second Tuesday
  every: 'day' | 'week' | 'twoWeeks' | 'month'
  count: number
}

const days = ['SU', 'MO', 'TU', 'WE', 'TH', 'FR', 'SA']

/** The rule of a repetition that begins at a local start such as 2026-12-01T09:00. */
export function ruleOf({ every, count }: Repetition, localStart: string): string {
  const date = new Date(`${localStart.slice(0, 10)}T12:00:00Z`)
  const day = days[date.getUTCDay()]!
  const end = `COUNT=${count}`
  switch (every) {
    case 'day':
      return `FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR;${end}`
    case 'week':
      return `FREQ=WEEKLY;BYDAY=${day};${end}`
    case 'twoWeeks':
      return `FREQ=WEEKLY;INTERVAL=2;BYDAY=${day};${end}`
    case 'month': {
      const nth = Math.ceil(date.getUTCDate() / 7)
      // The fifth of a weekday is missing in most months: the last one is meant.
      return `FREQ=MONTHLY;BYDAY=${nth > 4 ? -1 : nth}${day};${end}`
    }
  }
}
