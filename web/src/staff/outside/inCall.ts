/** Notifications in a call, in a file that only the pages of those who let people in ask for. */
import type { Call } from '../../engine/api'
import { tellOf } from './tell'
import { words } from './words'

export { Offer } from './Offer'

/** Tells of whoever waits. Goes on until it is told to stop. */
export const tellWaiting = (call: Call): (() => void) =>
  tellOf(
    'waiting',
    () => call.waiting.value.map(({ id }) => id),
    (count) => words.peek().waiting(count),
  )
