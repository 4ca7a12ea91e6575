/**
 * Browsers keep the page for weeks, so that a visit begins without asking for it. One that is older
 * than the server asks for the new one by itself, at its first contact, when nothing is lost by
 * that.
 */

const triedKey = 'draille.renewed'

/** The build that the page says it is of; none where it comes out of the sources. */
export function ownBuild(page: ParentNode = document): string {
  return page.querySelector<HTMLMetaElement>('meta[name="build"]')?.content ?? ''
}

/** Loads the page again if the server's is another, once for each. */
export function renew(own: string, current: string): void {
  if (!own || !current || own === current) return
  try {
    if (sessionStorage.getItem(triedKey) === current) return // a proxy goes on giving the old one
    sessionStorage.setItem(triedKey, current)
  } catch {
    return // without a memory it might go on for ever
  }
  location.reload() // asks the server, whatever is kept
}

/** The same for a page that the server may be too new to talk to. */
export async function renewIfOld(): Promise<void> {
  try {
    const response = await fetch('/', { cache: 'no-cache' })
    if (response.ok)
      renew(
        ownBuild(),
        ownBuild(new DOMParser().parseFromString(await response.text(), 'text/html')),
      )
  } catch {
    // Not reached at all: the websocket goes on trying.
  }
}
