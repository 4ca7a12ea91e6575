/** Opens the call that an address invites to. */
import { createCall, type Call } from './engine'
import { language } from './i18n/language'
import { loadSession, saveSession } from './engine/room/session'
import { kept, type Address } from './pages/address'
import { ownBuild, renew, renewIfOld } from './renewal'

type Invited = Pick<Address, 'token' | 'relay' | 'debug'>

export function openCall({ token, relay, debug }: Invited, opened?: WebSocket): Call {
  const call = createCall({
    token,
    relay,
    debug,
    lang: language.peek(),
    opened,
    current: (build) => renew(ownBuild(), build),
    unreached: () => void renewIfOld(),
  })
  hideToken(token)
  return call
}

/**
 * Takes the invitation out of the address and the history of the tab, once the tab remembers it:
 * whoever looks over a shoulder, or uses the tablet next, finds no link to open.
 */
function hideToken(token: string): void {
  if (location.hash.slice(1) !== token || !saveSession(loadSession(token))) return
  history.replaceState(null, '', `${location.pathname}${location.search}#${kept}`)
}
