/** How what somebody types is looked for: the hospital's number, or a name and a birth date. */
export type Search = { ipp: string } | { name: string; birthDate?: string }

/** Undefined while there is too little to ask for. */
export function searchOf(typed: string): Search | undefined {
  const { date, rest } = takeDate(typed)
  const text = rest.replace(/\s+/g, ' ').trim()
  // Numbers of hospitals have digits, names have none.
  if (/\d/.test(text)) return date || text.includes(' ') ? undefined : { ipp: text }
  if (date && text.length >= 3) return { name: text, birthDate: date }
  if (!date && text.length >= 2) return { name: text }
  return undefined
}

/** Takes a date out of a text: 28/03/1979, 28.3.1979, 28 03 1979, 1979-03-28. */
function takeDate(typed: string): { date: string; rest: string } {
  const iso = /\b(\d{4})-(\d{2})-(\d{2})\b/.exec(typed)
  const local = /\b(\d{1,2})[/.\- ](\d{1,2})[/.\- ](\d{4})\b/.exec(typed)
  const found = iso ?? local
  if (!found) return { date: '', rest: typed }
  const [year, month, day] = iso ? [iso[1], iso[2], iso[3]] : [local![3], local![2], local![1]]
  const date = `${year}-${month!.padStart(2, '0')}-${day!.padStart(2, '0')}`
  return isDate(date) ? { date, rest: typed.replace(found[0], ' ') } : { date: '', rest: typed }
}

export function isDate(date: string): boolean {
  const time = Date.parse(`${date}T00:00:00Z`)
  return !Number.isNaN(time) && new Date(time).toISOString().slice(0, 10) === date
}
