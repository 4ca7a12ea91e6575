/**
 * The client starts here: it reads the address and opens the call. The pages, which weigh more, may
 * still be on their way while the offer already travels; the script in the HTML has opened the
 * websocket even before. An address without an invitation opens a patient's link or the staff's
 * pages.
 */
import './styles'
import { language, startLanguage } from './i18n/language'
import { openCall } from './openCall'
import { readAddress } from './pages/address'

declare global {
  interface Window {
    early?: WebSocket
  }
}

/** The server waits for 10 s for a join: a websocket that may be older is not used. */
const freshFor = 8_000 // ms since the page was opened

const address = readAddress(location)
startLanguage(address.lang)
// Another link opened in the same tab changes nothing but the fragment.
addEventListener('hashchange', () => {
  if (address.token || readAddress(location).token) location.reload()
})

// This runs as soon as it has come, be the HTML parsed or not.
const parsed =
  document.readyState === 'loading' &&
  new Promise((resolve) => addEventListener('DOMContentLoaded', resolve, { once: true }))
void open().then(async (show) => {
  await parsed
  show()
})

async function open(): Promise<() => void> {
  // Beside the pages, not behind them.
  if (language.peek() === 'en') void import('./i18n/en').catch(() => {})
  if (address.pages === 'call') {
    const call = openCall(address, earlySocket())
    const { show } = await import('./main')
    return () => show(call)
  }
  const { show } =
    address.pages === 'link' ? await import('./link/main') : await import('./staff/staffPages')
  return show
}

function earlySocket(): WebSocket | undefined {
  const socket = window.early
  if (socket && performance.now() < freshFor && socket.readyState <= WebSocket.OPEN) return socket
  socket?.close()
  return undefined
}
