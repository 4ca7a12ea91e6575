const titles = new Set([
  'm',
  'mr',
  'mrs',
  'ms',
  'mme',
  'mlle',
  'dr',
  'pr',
  'docteur',
  'professeur',
  'monsieur',
  'madame',
  'sr',
])

/**
 * One or two letters that stand for a name where there is no picture; a title is no part of the
 * name.
 */
export function initials(name: string): string {
  const parts = name
    .split(/\s+/)
    .map((part) => part.replace(/[^\p{L}\p{N}-]/gu, ''))
    .filter((part) => part !== '')
  const own = parts.filter((part) => !titles.has(part.toLowerCase()))
  const used = own.length > 0 ? own : parts
  const letters = used.length > 1 ? [used[0], used[used.length - 1]] : used
  return letters.map((part) => [...(part ?? '')][0]?.toUpperCase() ?? '').join('') || '?'
}
