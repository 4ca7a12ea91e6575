/** Months as the server names them, 2026-12, and the periods that one may look at. */

export type Period = { from: string; until: string }

/** The month some months later. */
export function plusMonths(month: string, more: number): string {
  const [year, number] = month.split('-').map(Number) as [number, number]
  const n = year * 12 + number - 1 + more
  return `${Math.floor(n / 12)}-${String((n % 12) + 1).padStart(2, '0')}`
}

/** The key of the last twelve months; the others are years. */
export const lastMonths = 'last'

/** What may be chosen: the last twelve months, and each year since there is anything. */
export function periodsOf(first: string, now: string): string[] {
  const from = Number((first || now).slice(0, 4))
  const to = Number(now.slice(0, 4))
  return [lastMonths, ...Array.from({ length: Math.max(0, to - from) + 1 }, (_, n) => `${to - n}`)]
}

export function periodOf(choice: string, now: string): Period {
  if (choice === lastMonths) return { from: plusMonths(now, -11), until: now }
  return { from: `${choice}-01`, until: `${choice}-12` }
}

/** What is divided, or undefined where there is nothing to divide by. */
export const ratio = (part: number, of: number) => (of > 0 ? part / of : undefined)

export const countOf = (numbers: readonly number[]) => numbers.reduce((sum, one) => sum + one, 0)

/** The mean of faces from 1 to 5. */
export const meanFace = (faces: readonly number[]) =>
  ratio(countOf(faces.map((one, at) => one * (at + 1))), countOf(faces))
