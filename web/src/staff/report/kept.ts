/**
 * What was typed and is not saved yet: it survives a reload of the tab, and ends with it. Whoever
 * signs in there next finds nothing of it.
 */
import type { ReportText } from '../api'
import { me } from '../session'

/** What somebody wants of the server. */
export type Wish = { text: ReportText; version: number; sign: boolean }
/** What was typed; once it is asked of the server, it is asked until it is answered. */
export type Kept = Wish & { asked: boolean }

const prefix = () => `report ${me.peek()?.person.id} `
const key = (report: string) => prefix() + report

/** Where a browser stores nothing, the page itself still has it. */
const here = new Map<string, string>()

export function keep(report: string, wish: Kept): void {
  const text = JSON.stringify(wish)
  here.set(key(report), text)
  try {
    sessionStorage.setItem(key(report), text)
  } catch {
    // Then it ends with the page.
  }
}

export function kept(report: string): Kept | undefined {
  const text = all().get(key(report))
  return text ? (JSON.parse(text) as Kept) : undefined
}

export function forget(report: string): void {
  here.delete(key(report))
  try {
    sessionStorage.removeItem(key(report))
  } catch {
    // Nothing was stored.
  }
}

/** What this person has asked of the server that is not answered, by report. */
export function asked(): [report: string, wish: Kept][] {
  return [...all().keys()]
    .filter((name) => name.startsWith(prefix()))
    .map((name) => name.slice(prefix().length))
    .map((report) => [report, kept(report)!] satisfies [string, Kept])
    .filter(([, wish]) => wish.asked)
}

function all(): Map<string, string> {
  try {
    return new Map([...here, ...(Object.entries(sessionStorage) as [string, string][])])
  } catch {
    return here
  }
}
