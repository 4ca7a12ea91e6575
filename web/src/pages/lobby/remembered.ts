/**
 * Remembers that everything worked, so that whoever comes back goes straight to the door. No name
 * is kept.
 */
import { forget, recall, remember } from '../parts/storage'

const key = 'draille.ready'

export type Remembered = { video: boolean }

export function rememberReady(ready: Remembered): void {
  remember(key, ready.video ? 'video' : 'sound')
}

export function recallReady(): Remembered | undefined {
  const value = recall(key)
  if (value === 'video') return { video: true }
  if (value === 'sound') return { video: false }
  return undefined
}

export function forgetReady(): void {
  forget(key)
}
