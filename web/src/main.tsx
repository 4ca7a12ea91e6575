/** The pages of a call. */
import { render } from 'preact'
import type { Call } from './engine'
import { App } from './pages/App'

export function show(call: Call): void {
  render(<App call={call} />, document.getElementById('page') as HTMLElement)
}
