/** How long a photo takes until it is here: pure. */
import { photoWords } from './words'

/** What had come, and when, in ms. */
export type Come = { bytes: number; at: number }

/** A rate of less time jumps about. */
const enough = 2_000 // ms

/** In words, rounded up to what people wait by; '' for less than nothing known. */
export function leftIn(seconds: number): string {
  const { minutes, seconds: short } = photoWords.value
  if (!Number.isFinite(seconds)) return ''
  return seconds > 90
    ? minutes(Math.ceil(seconds / 60))
    : short(Math.max(5, 5 * Math.ceil(seconds / 5)))
}

/** For whoever looks at it, by what has come since they have opened it; '': nobody knows yet. */
export function leftSince(opened: Come, now: Come, size: number): string {
  const [bytes, ms] = [now.bytes - opened.bytes, now.at - opened.at]
  if (ms < enough || bytes <= 0) return ''
  return leftIn(((size - now.bytes) / bytes) * (ms / 1_000))
}
