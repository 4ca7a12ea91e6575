/**
 * Whether this browser rings, remembered; the ringing itself, whichever page is open; and what is
 * said outside of the browser of those for whom it rings.
 */
import { effect, signal } from '@preact/signals'
import { recall, remember } from '../../pages/parts/storage'
import { ring } from './chime'
import { calls } from '../opinion/calls'
import { tellOf } from '../outside/tell'
import { words } from '../outside/words'
import { ringing } from './live'

const key = 'draille.staff.sound'

export const soundOn = signal(recall(key) !== 'off')

export function turnSound(on: boolean): void {
  soundOn.value = on
  remember(key, on ? 'on' : 'off')
}

/** Goes on until it is told to stop. */
export function startSound(): () => void {
  const stops = [
    effect(() => ring(soundOn.value && ringing.value.length + calls.value.length > 0)),
    tellOf(
      'waiting',
      () => ringing.value.map(({ appointment }) => appointment.id),
      (count) => words.peek().waiting(count),
    ),
    tellOf(
      'calling',
      () => calls.value.map(({ id }) => id),
      () => words.peek().calling,
    ),
  ]
  return () => stops.forEach((stop) => stop())
}
