/** Opens the call that an address invites to. */
import { createCall, type Call } from './engine'
import { language } from './i18n/language'
import type { Address } from './pages/address'
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
  if (debug) Object.assign(window, { call })
  return call
}
