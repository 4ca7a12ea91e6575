/** How near a request is to the time by which it is wanted. */
import type { Opinion } from '../api'

export type Age = 'early' | 'half' | 'late' | 'over'

/** The second half of the time is told, and that it has passed. */
export function ageOf(opinion: Opinion, now: number): Age {
  if (opinion.endedAt) return 'over'
  if (now >= opinion.dueAt) return 'late'
  return now >= (opinion.askedAt + opinion.dueAt) / 2 ? 'half' : 'early'
}
