/** The whole call on the whole screen: what has to be said stays above the pictures. */
import { useEffect, useState } from 'preact/hooks'

type Old = { webkitRequestFullscreen?(): void } // Safari before 16.4
type OldDocument = { webkitFullscreenElement?: Element; webkitExitFullscreen?(): void }

const events = ['fullscreenchange', 'webkitfullscreenchange']
const page = () => document.documentElement as HTMLElement & Old
const old = document as Document & OldDocument

export function isFull(): boolean {
  return !!(document.fullscreenElement ?? old.webkitFullscreenElement)
}

/** An iPhone gives it to videos alone. */
export function mayBeFull(): boolean {
  return !!(page().requestFullscreen ?? page().webkitRequestFullscreen)
}

export async function turnFull(on: boolean): Promise<void> {
  try {
    if (on) await (page().requestFullscreen?.() ?? page().webkitRequestFullscreen?.())
    else await (document.exitFullscreen?.() ?? old.webkitExitFullscreen?.())
  } catch {
    // The browser has refused: the page stays as it is.
  }
}

export function useFull(): boolean {
  const [full, setFull] = useState(isFull)
  useEffect(() => {
    const listen = () => setFull(isFull())
    for (const event of events) document.addEventListener(event, listen)
    return () => events.forEach((event) => document.removeEventListener(event, listen))
  }, [])
  return full
}
