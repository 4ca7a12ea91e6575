/**
 * How far somebody has come in the lobby, and the name they have written: a reload goes on there.
 * Kept for the tab and for this link, until they have entered or gone: the next patient at a shared
 * tablet must not find it.
 */
import type { Step } from './steps'

const key = 'draille.lobby'

export type Progress = { token: string; name?: string; step?: Step; video?: boolean }

export function recallProgress(token: string): Progress {
  try {
    const found = JSON.parse(sessionStorage.getItem(key)!) as Progress
    if (found.token === token) return found
  } catch {
    // Refused, or damaged: one begins anew.
  }
  return { token }
}

export function keepProgress(token: string, more: Omit<Progress, 'token'>): void {
  try {
    sessionStorage.setItem(key, JSON.stringify({ ...recallProgress(token), ...more }))
  } catch {
    // As above.
  }
}

export function forgetProgress(): void {
  try {
    sessionStorage.removeItem(key)
  } catch {
    // As above.
  }
}
