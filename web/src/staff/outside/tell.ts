/**
 * Notifications: what is said outside of the browser, to whoever allows it and does not see the
 * page. They lie on locked screens, and on screens that are shared: they never name anybody.
 */
import { effect } from '@preact/signals'

/** Chrome on Android has the name alone: there, making one throws. */
export const canTell = (): boolean =>
  typeof Notification !== 'undefined' &&
  isSecureContext &&
  !/Android.*Chrome/.test(navigator.userAgent)

/** One notification at most stands for each `about`; a silent one where the page itself rings. */
export function tell(about: string, text: string, silent = false): Notification | undefined {
  if (!document.hidden || !canTell() || Notification.permission !== 'granted') return
  try {
    const told = new Notification(text, { tag: `draille.${about}`, silent })
    told.onclick = () => {
      focus()
      told.close()
    }
    return told
  } catch {
    // A browser that cannot: the page says it all the same.
  }
}

/**
 * Tells once of each who comes, whether or not the page rings, and takes it back when the page is
 * seen or nobody is there any more. Goes on until it is told to stop.
 */
export function tellOf(
  about: string,
  ids: () => readonly string[],
  text: (count: number) => string,
): () => void {
  let known: readonly string[] = []
  let told: Notification | undefined
  const takeBack = () => {
    told?.close()
    told = undefined
  }
  const looked = () => {
    if (!document.hidden) takeBack()
  }
  document.addEventListener('visibilitychange', looked)
  const stop = effect(() => {
    const now = ids()
    const came = now.some((id) => !known.includes(id))
    known = now
    if (!now.length) takeBack()
    else if (came) told = tell(about, text(now.length), true)
  })
  return () => {
    document.removeEventListener('visibilitychange', looked)
    stop()
    takeBack()
  }
}
