/** Opens the call of an appointment: in a tab of its own, so that the day stays and rings on. */
import type { Join } from '../api'
import { post, problemOf, type Problem } from '../request'
import { tabOf } from '../wayBack'

/** Tapped: the tab is opened at once, for a browser allows it only then. */
export async function begin(appointment: string): Promise<Problem | undefined> {
  const tab = window.open('', tabOf(appointment))
  try {
    const { address } = await post<Join>(
      `/api/appointments/${encodeURIComponent(appointment)}/begin`,
    )
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
