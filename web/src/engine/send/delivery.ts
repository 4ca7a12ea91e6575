/** What the others get of one's own picture, from what the server asks to be sent. Pure. */
import type { Encoding } from '../../protocol/messages'
import type { Delivery } from '../api'

/** A picture of at most so many frames a second is a still one. */
const stillFramerate = 1

/** `overloaded`: this device has too little processor time to encode all that is asked for. */
export function deliveryOf(
  live: boolean,
  demand: readonly Encoding[],
  overloaded = false,
): Delivery {
  if (live && demand.some((one) => one.unseen)) return 'unseen'
  const limited = demand.filter((one) => one.reason === 'downlink' || one.reason === 'uplink')
  const whole = live && overloaded ? 'small-device' : 'whole'
  if (!live || !limited.length) return whole
  const whose = limited.some((one) => one.reason === 'uplink') ? 'own' : 'theirs'
  const active = demand.filter((one) => one.active)
  if (!active.length) return `none-${whose}`
  // Somebody gets all that they ask for.
  if (active.some((one) => !limited.includes(one))) return whole
  const still = active.every((one) => one.maxFramerate && one.maxFramerate <= stillFramerate)
  return `${still ? 'still' : 'small'}-${whose}`
}
