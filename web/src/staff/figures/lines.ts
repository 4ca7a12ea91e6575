import type { Figure, FigureLine } from '../api'
import { monthName } from './amounts'

/** The sum of some figures. */
export function totalOf(lines: readonly FigureLine[]): Figure {
  const total = { ...lines[0]!.figure }
  const sums = total as unknown as Record<string, number | string>
  for (const { figure } of lines.slice(1))
    for (const [name, value] of Object.entries(figure))
      if (typeof value === 'number') sums[name] = (sums[name] as number) + value
  return total
}

/** What stands below the columns of a plot. */
export const shortMonths = (months: readonly FigureLine[]) =>
  months.map(({ key }) => monthName(key, 'narrow'))
