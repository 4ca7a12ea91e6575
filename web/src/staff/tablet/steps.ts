/**
 * Where a tablet stands: pure, the time is an argument. One patient at a time; whatever ends a
 * patient's turn leaves nothing of them.
 */
import type { DeviceState, Ended } from '../../engine/api'
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
  | { at: 'after'; ending: Ending; appointment: string }

/** Without a touch for this long nothing stays on the screen. A call is never ended by it. */
export const idleAfter = 120_000 // ms

/** What several clocks say: one may be set back, another stands while the tablet sleeps. */
export type Clocks = readonly number[]

export function afterIdling(step: Step, touchedAt: Clocks, now: Clocks): Step {
  const untouched = Math.max(...now.map((at, clock) => at - touchedAt[clock]!))
  if (step.at === 'call' || step.at === 'idle' || untouched < idleAfter) return step
  return { at: 'idle' }
}

/** The device's own way back drops what is prepared, and never a call. */
export const afterBack = (step: Step): Step => (step.at === 'call' ? step : { at: 'list' })

/** A row that left the list, or was cancelled while it was prepared, ends its preparation. */
export function afterReading(step: Step, rows: readonly Row[]): Step {
  if (!('appointment' in step) || step.at === 'call') return step
  const row = rows.find((one) => one.appointment.id === step.appointment)
  if (row && isOpen(row)) return step
  // How a call ended is still to be read; there is only nothing to call again.
  return step.at === 'after' ? { ...step, appointment: '' } : { at: 'list' }
}

/** How a call on a tablet ended, in what it means for whoever stands beside it. */
export type Ending =
  | 'left' // they have hung up
  | 'ended' // the other side has
  | 'unmet' // they have left the waiting room, or the lobby
  | 'closed' // the other side has ended it before they were let in
  | 'refused'
  | 'removed'
  | 'elsewhere' // another device goes on with it
  | 'over' // its hour is over, or it was cancelled
  | 'busy' // the room takes nobody now
  | 'unsupported'
  | 'interrupted'

const endings: Record<Ended['reason'], Ending> = {
  left: 'left',
  ended: 'ended',
  refused: 'refused',
  removed: 'removed',
  blocked: 'removed',
  replaced: 'elsewhere',
  elsewhere: 'elsewhere',
  revoked: 'over',
  expired: 'over',
  invalid: 'over',
  'not-yet': 'over',
  full: 'busy',
  locked: 'busy',
  busy: 'busy',
  unsupported: 'unsupported',
  protocol: 'interrupted',
  slow: 'interrupted',
  shutdown: 'interrupted',
  moved: 'interrupted',
}

export function endingOf(ended: Pick<Ended, 'reason' | 'place'> | undefined): Ending {
  if (!ended) return 'interrupted'
  if (ended.place !== 'room' && ended.reason === 'left') return 'unmet'
  if (ended.place !== 'room' && ended.reason === 'ended') return 'closed'
  return endings[ended.reason]
}

/** Whether calling again may help: then it is one touch away. */
export const callsAgain = (ending: Ending) =>
  ['left', 'unmet', 'removed', 'busy', 'interrupted'].includes(ending)

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
