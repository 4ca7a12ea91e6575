/** The staff's pages: sign-in, one-time links, the day, appointments, administration, tablets. */
import './staff.css'
import { render } from 'preact'
import { Staff } from './Staff'

export function show(): void {
  render(<Staff />, document.getElementById('page') as HTMLElement)
}
