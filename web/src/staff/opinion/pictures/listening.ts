/** How far a clip is that a browser loads, and how long the rest takes: pure. */
import { begun, minutesLeft } from './upload'

/** Of an element that plays sound. */
type Loaded = { duration: number; buffered: Pick<TimeRanges, 'length' | 'start' | 'end'> }

/** A browser counts by the bytes of a clip, and so not to the last sample. */
const enough = 0.995

/** How much of a clip is here, from 0 to 1. */
export function shareOf({ duration, buffered }: Loaded): number {
  if (!(duration > 0) || !Number.isFinite(duration)) return 0
  let seconds = 0
  for (let i = 0; i < buffered.length; i++) seconds += buffered.end(i) - buffered.start(i)
  const share = seconds / duration
  return share >= enough ? 1 : share
}

/** Whole minutes until all of a clip is here; undefined: nobody knows yet. */
export const minutesUntil = (size: number, share: number, ms: number) =>
  minutesLeft({ ...begun([size], [share * size]), rate: ms && (1_000 * share * size) / ms })
