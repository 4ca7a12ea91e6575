/**
 * Saves and signs reports. What the server cannot be asked now is asked again until it is answered:
 * while other pages are open, and after a reload of the tab.
 */
import { signal } from '@preact/signals'
import type { ReportLine } from '../api'
import { passing, post, problemOf, put, type Problem } from '../request'
import { asked, forget, keep, kept, type Wish } from './kept'

/** How long until what was not answered is asked again. */
export const patience = 5_000 // ms

/** What became of a wish. `saved` is the version that the server has now. */
export type Standing =
  | { state: 'asking' }
  | { state: 'waits' }
  | { state: 'saved'; version: number }
  | { state: 'refused'; problem: Problem }

/** By report; what its page has taken note of is not there any more. */
export const standings = signal<ReadonlyMap<string, Standing>>(new Map())

function stand(report: string, standing?: Standing): void {
  const next = new Map(standings.peek())
  if (standing) next.set(report, standing)
  else next.delete(report)
  standings.value = next
}

/** A page has taken note of what became of a wish, or wishes something else by now. */
export const drop = (report: string) => stand(report)

const onTheirWay = new Set<string>()

/**
 * Asks once; again later where there is no answer, or another wish is on its way. The server knows
 * the same wish again.
 */
export async function ask(report: string, wish: Wish): Promise<void> {
  const sent = { ...wish, asked: true }
  keep(report, sent)
  if (onTheirWay.has(report)) return
  onTheirWay.add(report)
  if (standings.peek().get(report)?.state !== 'waits') stand(report, { state: 'asking' })
  try {
    const path = `/api/reports/${encodeURIComponent(report)}`
    const { version } = (
      wish.sign
        ? await post<ReportLine>(`${path}/sign`, wish.text, wish.version)
        : await put<ReportLine>(path, wish.text, wish.version)
    ).report
    const latest = kept(report)
    // Typed or asked meanwhile, it is about what the server has now.
    if (latest && JSON.stringify(latest) !== JSON.stringify(sent))
      keep(report, { ...latest, version })
    else forget(report)
    stand(report, { state: 'saved', version })
  } catch (error) {
    const problem = problemOf(error)
    if (passing.has(problem.code)) {
      if (kept(report)?.asked ?? true) stand(report, { state: 'waits' })
      else drop(report)
    } else {
      keep(report, { ...(kept(report) ?? wish), asked: false })
      stand(report, { state: 'refused', problem })
    }
  } finally {
    onTheirWay.delete(report)
  }
}

/** Asks for all that waits, now and again. Returns how to stop. */
export function startAsking(): () => void {
  const again = () => {
    for (const [report, wish] of asked()) void ask(report, wish)
  }
  const guard = (event: BeforeUnloadEvent) => {
    if (asked().length > 0) event.preventDefault() // what waits ends with the tab
  }
  again()
  const timer = setInterval(again, patience)
  addEventListener('beforeunload', guard)
  return () => {
    clearInterval(timer)
    removeEventListener('beforeunload', guard)
  }
}
