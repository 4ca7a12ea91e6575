/** Opens calls: each in a tab of its own, so that the day stays and rings on. */
import type { Join } from '../api'
import { post, problemOf, type Problem } from '../request'
import { tabOf } from '../wayBack'

export const begin = (appointment: string) =>
  enter(`/api/appointments/${encodeURIComponent(appointment)}/begin`, appointment)

/** Opens the call of the two about an opinion, or joins the one that is open. */
export const talk = (opinion: string) =>
  enter(`/api/opinions/${encodeURIComponent(opinion)}/call`, opinion)

/** Tapped: the tab is opened at once, for a browser allows it only then. */
async function enter(path: string, subject: string): Promise<Problem | undefined> {
  const tab = window.open('', tabOf(subject))
  try {
    const { address } = await post<Join>(path)
    if (!tab || tab.closed) {
      window.name = tabOf('') // the way back leads to the day from here, too
      location.assign(address)
      return undefined
    }
    // Only the fragment may differ from what the tab shows already: a call that goes on there.
    tab.location.href = address
    return undefined
  } catch (error) {
    tab?.close()
    return problemOf(error)
  }
}
