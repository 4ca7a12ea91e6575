/**
 * Remembers what somebody entered with, so that whoever comes back goes straight to the door. No
 * name is kept.
 */
import { forget, recall, remember } from '../parts/storage'

const key = 'draille.ready'

/** What was wanted of the devices, and whether it worked. */
export type Remembered = { video: boolean; sound: boolean; works: boolean }

/** ms for which whoever entered though something was refused is not led through every step anew. */
export const refusedLasts = 2 * 60 * 60_000 // a long consultation

export function rememberReady({
  video,
  sound = true,
  works = true,
}: { video: boolean } & Partial<Remembered>): void {
  const lasting = video ? 'video' : 'sound'
  remember(
    key,
    sound && works ? lasting : JSON.stringify({ video, sound, until: Date.now() + refusedLasts }),
  )
}

export function recallReady(): Remembered | undefined {
  const value = recall(key)
  if (value === 'video' || value === 'sound')
    return { video: value === 'video', sound: true, works: true }
  try {
    const { video, sound, until } = JSON.parse(value ?? '') as Remembered & { until: number }
    return until > Date.now() ? { video, sound, works: false } : undefined
  } catch {
    return undefined // nothing kept, or damaged
  }
}

export function forgetReady(): void {
  forget(key)
}
