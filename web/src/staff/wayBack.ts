/** The way back to the day, for the tab of a call that was opened from it. */
import { language } from '../i18n/language'
import type { WayBack } from '../pages/parts/Shell'

/** The name of the tab of an appointment's call; main.tsx knows it by that, after a reload, too. */
export const tabOf = (appointment: string) => `draille-${appointment}`

export const sentences = { fr: 'Revenir à la journée', en: 'Go back to the day' }

export const wayBack: WayBack = {
  get words() {
    return sentences[language.value]
  },
  /** Shows the day: in the tab that has opened this one, if it still shows our pages. */
  go() {
    const { opener } = window as { opener?: Window }
    try {
      if (opener && !opener.closed && opener.location.host === location.host) window.close()
    } catch {
      // That tab shows somebody else's page.
    }
    if (!window.closed) location.assign('/')
  },
}
