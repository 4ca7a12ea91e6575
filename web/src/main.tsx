/** The client starts here: it reads the address, opens the call before anything is drawn, and shows its pages. */
import { render } from 'preact'
import { createCall } from './engine'
import { language, startLanguage } from './i18n'
import { readAddress } from './pages/address'
import { App } from './pages/App'
import { NoInvitation } from './pages/ended/Goodbye'
import './styles'

const { token, relay, debug, lang } = readAddress(location)
startLanguage(lang)
// Another link opened in the same tab changes nothing but the fragment.
addEventListener('hashchange', () => location.reload())

const page = document.getElementById('page') as HTMLElement
if (token === '') {
  render(<NoInvitation />, page)
} else {
  const call = createCall({ token, relay, debug, lang: language.peek() })
  if (debug) Object.assign(window, { call })
  render(<App call={call} />, page)
}
