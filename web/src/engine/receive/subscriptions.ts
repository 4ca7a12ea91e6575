/** What the page shows, as told to the server. Pure. */
import type { Subscription } from '../../protocol/messages'
import type { PictureSource } from '../api'

export type Looked = {
  participant: string
  source: PictureSource
  width: number // device pixels, 0 while the element has no place on the page
  height: number
  priority: number
}

const step = 32 // device pixels: a resize by less tells the server nothing new
const most = 8192 // limit of the protocol

/**
 * One want a source: two elements of the same picture are served by the larger. Elements without a
 * size want nothing.
 */
export function subscriptionsOf(looked: Iterable<Looked>): Subscription[] {
  const subscriptions = new Map<string, Subscription>()
  for (const look of looked) {
    if (look.width < 1 || look.height < 1) continue
    const key = `${look.participant} ${look.source}`
    const other = subscriptions.get(key)
    subscriptions.set(key, {
      participant: look.participant,
      source: look.source,
      width: Math.max(quantise(look.width), other?.width ?? 0),
      height: Math.max(quantise(look.height), other?.height ?? 0),
      priority: Math.max(look.priority, other?.priority ?? 0),
    })
  }
  return [...subscriptions.values()]
}

function quantise(side: number): number {
  return Math.min(most, Math.ceil(side / step) * step)
}
