/**
 * What was typed and is not saved yet: it survives a reload of the tab, and ends with it. Whoever
 * signs in there next finds nothing of it.
 */
import type { ReportText } from '../api'
import { me } from '../session'

/** What the page wants of the server. It is asked again until it is answered. */
export type Wish = { text: ReportText; version: number; sign: boolean }

const key = (report: string) => `report ${me.peek()?.person.id} ${report}`

export function keep(report: string, wish: Wish): void {
  try {
    sessionStorage.setItem(key(report), JSON.stringify(wish))
  } catch {
    // A browser that stores nothing: the page itself still has it.
  }
}

export function kept(report: string): Wish | undefined {
  try {
    const text = sessionStorage.getItem(key(report))
    return text ? (JSON.parse(text) as Wish) : undefined
  } catch {
    return undefined
  }
}

export function forget(report: string): void {
  try {
    sessionStorage.removeItem(key(report))
  } catch {
    // Nothing was stored.
  }
}
