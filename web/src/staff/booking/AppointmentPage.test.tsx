// @vitest-environment happy-dom
import { render } from 'preact'
import { act } from 'preact/test-utils'
import { afterEach, expect, it, vi } from 'vitest'
import type { AppointmentView, Me } from '../api'
import { me } from '../session'
import { words } from '../words'
import { AppointmentPage } from './AppointmentPage'
import { eventually } from '../../eventually'

const page = document.body.appendChild(document.createElement('div'))
const { move, change, cancel, noshow } = words.value.booking.view

afterEach(() => {
  act(() => render(null, page))
  vi.unstubAllGlobals()
})

/** Shows an appointment of 1 December, 09:00, and returns what may be done with it. */
async function deeds(beganAt: number): Promise<string[]> {
  const startsAt = Date.parse('2020-12-01T08:00:00Z')
  const appointment = {
    ...{ id: 'A1', establishment: 'E1', service: 'V1', kind: 'consultation', status: 'booked' },
    ...{ startsAt, endsAt: startsAt + 1_800_000, localStart: '2020-12-01T09:00', version: 3 },
    ...{ zone: 'Europe/Paris', series: '', patient: '', arrivedAt: beganAt, beganAt, endedAt: 0 },
  }
  const row = {
    ...{ appointment, live: beganAt ? 'ongoing' : 'expected', mayWrite: true, mayBegin: true },
    ...{ placeName: '', serviceName: '', participants: [], present: [] },
  }
  const view = { row, participants: [], links: [], messages: [] } as unknown as AppointmentView
  vi.stubGlobal('fetch', () => Promise.resolve(Response.json(view)))
  me.value = { person: { id: 'P1' }, grants: [], may: [] } as unknown as Me
  act(() => render(<AppointmentPage id="A1" made={false} />, page))
  await eventually(() => expect(page.querySelector('.actions')).toBeTruthy())
  return [...page.querySelectorAll('.panelcard button')].map((one) => one.textContent)
}

it('moves and cancels what is to come', async () => {
  expect(await deeds(0)).toEqual(expect.arrayContaining([move, change, cancel]))
})

it('neither moves nor cancels once they have met; the rest stays', async () => {
  const offered = await deeds(Date.parse('2020-12-01T08:02:00Z'))
  expect(offered).toEqual(expect.arrayContaining([change, noshow]))
  expect(offered).not.toContain(move)
  expect(offered).not.toContain(cancel)
})
