/** Opens the call of an appointment: in a tab of its own, so that the day stays and rings on. */
import type { Join } from '../api'
import { post, problemOf, type Problem } from '../request'

/** Tapped: the tab is opened at once, for a browser allows it only then. */
export async function begin(appointment: string): Promise<Problem | undefined> {
  const tab = window.open('', `draille-${appointment}`)
  try {
    const { address } = await post<Join>(
      `/api/appointments/${encodeURIComponent(appointment)}/begin`,
    )
    if (!tab || tab.closed) location.assign(address)
    // Only the fragment may differ from what the tab shows already: a call that goes on there.
    else tab.location.href = address
    return undefined
  } catch (error) {
    tab?.close()
    return problemOf(error)
  }
}
