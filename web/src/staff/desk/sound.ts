/** Whether this browser rings, remembered; and the ringing itself, whichever page is open. */
import { effect, signal } from '@preact/signals'
import { recall, remember } from '../../pages/parts/storage'
import { ring } from './chime'
import { calls } from '../opinion/calls'
import { ringing } from './live'

const key = 'draille.staff.sound'

export const soundOn = signal(recall(key) !== 'off')

export function turnSound(on: boolean): void {
  soundOn.value = on
  remember(key, on ? 'on' : 'off')
}

export const startSound = () =>
  effect(() => ring(soundOn.value && ringing.value.length + calls.value.length > 0))
