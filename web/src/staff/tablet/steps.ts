/**
 * Where a tablet stands: pure, the time is an argument. One patient at a time; whatever ends a
 * patient's turn leaves nothing of them.
 */
import type { DeviceState } from '../../engine/api'
import type { Row } from '../api'

export type Step =
  | { at: 'idle' }
  | { at: 'list' }
  | { at: 'identity'; appointment: string }
  | { at: 'differs' }
  | { at: 'consent'; appointment: string; by: string }
  | { at: 'refused' }
  | { at: 'ready'; appointment: string; by: string }
  | { at: 'call'; appointment: string; address: string }
  | { at: 'after' }

/** Without a touch for this long nothing stays on the screen. A call is never ended by it. */
export const idleAfter = 120_000 // ms

export function afterIdling(step: Step, touchedAt: number, now: number): Step {
  if (step.at === 'call' || step.at === 'idle' || now - touchedAt < idleAfter) return step
  return { at: 'idle' }
}

/** A row that left the list, or was cancelled while it was prepared, ends its preparation. */
export function afterReading(step: Step, rows: readonly Row[]): Step {
  if (!('appointment' in step) || step.at === 'call') return step
  const row = rows.find((one) => one.appointment.id === step.appointment)
  if (row && isOpen(row)) return step
  return { at: 'list' }
}

export const isOpen = ({ live }: Row) =>
  live === 'expected' || live === 'waiting' || live === 'ongoing'

/** Whom the list shows: those to come first, by the clock. */
export function listed(rows: readonly Row[]): Row[] {
  return rows.filter(isOpen).sort((a, b) => a.appointment.startsAt - b.appointment.startsAt)
}

/** Consent that was given before, by the doctor or on an earlier try, is not asked again. */
export function next(row: Row, by: string): Step {
  const appointment = row.appointment.id
  if (row.consent === 'given') return { at: 'ready', appointment, by }
  return { at: 'consent', appointment, by }
}

type Device = Pick<DeviceState, 'wanted' | 'live' | 'trouble'>

/** Whether nothing is left to ask in the lobby: who calls is known, and they are heard and seen. */
export const entersAtOnce = (name: string, microphone: Device, camera: Device) =>
  name !== '' &&
  microphone.live &&
  !microphone.trouble &&
  !camera.trouble &&
  (camera.live || !camera.wanted)
