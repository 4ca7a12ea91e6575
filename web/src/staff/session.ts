/** Who is signed in here, and what they may do. */
import { computed, signal } from '@preact/signals'
import type { Action, Channel, Me } from './api'
import { Newest } from './newest'
import { get, onSignedOut, problemOf, type Problem } from './request'

/** undefined: not asked yet. null: nobody. */
export const me = signal<Me | null | undefined>(undefined)

/** The session ended while a page was open: it is kept as it is until somebody signs in again. */
export const ended = signal(false)

export const trouble = signal<Problem | undefined>(undefined)

onSignedOut(() => {
  if (me.peek()) ended.value = true
  else me.value = null
})

const newest = new Newest<Me>()

/** Takes what the server tells by itself. */
export function tellMe(now: Me): void {
  newest.tell(() => now)
  me.value = now
}

/** Asks who is signed in. Whoever was here before on this page and is another now starts afresh. */
export async function readMe(): Promise<void> {
  try {
    const now = await newest.ask(() => get<Me>('/api/me'))
    if (!now) return
    const before = me.peek()
    trouble.value = undefined
    if (before && before.person.id !== now.person.id) return location.reload()
    me.value = now
    ended.value = false
  } catch (error) {
    const problem = problemOf(error)
    if (problem.code !== 'signed-out') trouble.value = problem
  }
}

/**
 * Reports whether the action is allowed: in the service; without one, anywhere in the
 * establishment; without that, anywhere at all. A right of the group holds everywhere.
 */
export function may(who: Me | null | undefined, action: Action, establishment = '', service = '') {
  return !!who?.may.some(
    (where) =>
      where.actions.includes(action) &&
      (!establishment || !where.establishment || where.establishment === establishment) &&
      (!service || !where.service || where.service === service),
  )
}

/** The time zone of an establishment; '' (the device's) of one that is not known here. */
export const zoneOf = (establishment: string) =>
  me.value?.establishments.find(({ id }) => id === establishment)?.zone ?? ''

/** The establishments in which the action is allowed. */
export const establishmentsFor = (action: Action) =>
  (me.value?.establishments ?? []).filter(({ id }) => may(me.value, action, id))

/** The services of an establishment in which the action is allowed. */
export const servicesFor = (action: Action, establishment: string) =>
  (me.value?.services ?? []).filter(
    (service) =>
      service.establishment === establishment &&
      !service.closed &&
      may(me.value, action, establishment, service.id),
  )

/** The services whose delay they may announce. */
export const delayable = (who: Me | null | undefined) =>
  (who?.services ?? []).filter(
    (one) => !one.closed && may(who, 'delay.write', one.establishment, one.id),
  )

/** The channels by which this server can send a link; what is not set up is not offered. */
export const sendable = computed<Channel[]>(() => me.value?.channels ?? [])

/** What a link goes by unless somebody chooses: paper where nothing can be sent. */
export const usualChannel = (): Channel => sendable.value[0] ?? 'print'

const adminActions: Action[] = [
  'group.manage',
  'places.manage',
  'people.manage',
  'settings.manage',
  'outbox.view',
  'interop.manage',
  'audit.view',
]

/** They ask experts, or are asked. */
export const consults = computed(
  () => may(me.value, 'opinion.ask') || may(me.value, 'opinion.answer'),
)

export const administers = computed(() => adminActions.some((action) => may(me.value, action)))
export const receives = computed(
  () => may(me.value, 'day.view') || !!me.value?.grants.some(({ role }) => role === 'expert'),
)
