/** The pages of a call. */
import { render } from 'preact'
import type { Call } from './engine'
import { App } from './pages/App'
import type { WayBack } from './pages/parts/Shell'

export function show(call: Call): void {
  const draw = (back?: WayBack) =>
    render(<App call={call} back={back} />, document.getElementById('page') as HTMLElement)
  draw()
  // In a tab that the day has opened.
  if (window.name.startsWith('draille-'))
    void import('./staff/wayBack').then(({ wayBack }) => draw(wayBack))
}
