/** The pages of a call, or of an address without an invitation. */
import { render } from 'preact'
import type { Call } from './engine'
import { App } from './pages/App'
import { NoInvitation } from './pages/ended/Goodbye'

export function show(call?: Call): void {
  render(
    call ? <App call={call} /> : <NoInvitation />,
    document.getElementById('page') as HTMLElement,
  )
}
