/** The staff's pages: sign-in, one-time links, the day, appointments, administration, tablets. */
import './styles/frame.css'
import './styles/fields.css'
import './styles/day.css'
import './styles/parts.css'
import './styles/figures.css'
import './styles/dialogs.css'
import './styles/pictures.css'
import { render } from 'preact'
import { Staff } from './Staff'

export function show(): void {
  render(<Staff />, document.getElementById('page') as HTMLElement)
}
