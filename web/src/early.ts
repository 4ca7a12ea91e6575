/**
 * The client starts here: it reads the address and opens the call. The pages, which weigh more, may
 * still be on their way while the offer already travels; the script in the HTML has opened the
 * websocket even before.
 */
import './styles'
import { createCall } from './engine'
import { language, startLanguage } from './i18n/language'
import { readAddress } from './pages/address'
import { ownBuild, renew, renewIfOld } from './renewal'

declare global {
  interface Window {
    early?: WebSocket
  }
}

/** The server waits for 10 s for a join: a websocket that may be older is not used. */
const freshFor = 8_000 // ms since the page was opened

const { token, relay, debug, lang } = readAddress(location)
startLanguage(lang)
// Another link opened in the same tab changes nothing but the fragment.
addEventListener('hashchange', () => location.reload())

const call = token
  ? createCall({
      token,
      relay,
      debug,
      lang: language.peek(),
      opened: earlySocket(),
      current: (build) => renew(ownBuild(), build),
      unreached: () => void renewIfOld(),
    })
  : undefined
if (debug) Object.assign(window, { call })
// This runs as soon as it has come, be the HTML parsed or not.
const parsed =
  document.readyState === 'loading' &&
  new Promise((resolve) => addEventListener('DOMContentLoaded', resolve, { once: true }))
void Promise.all([import('./main'), parsed]).then(([{ show }]) => show(call))

function earlySocket(): WebSocket | undefined {
  const socket = window.early
  if (socket && performance.now() < freshFor && socket.readyState <= WebSocket.OPEN) return socket
  socket?.close()
  return undefined
}
