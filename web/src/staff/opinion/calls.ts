/** Who calls whoever is signed in about an opinion, whichever page is open. */
import { signal } from '@preact/signals'
import type { OpinionTold } from '../api'
import { Newest } from '../newest'
import { get } from '../request'

export const calls = signal<OpinionTold[]>([])

/** What was put off is shown again when it calls anew. */
const putOff = new Set<string>()

const newest = new Newest<OpinionTold[]>()

export function hearCall(told: OpinionTold): void {
  newest.tell((items) => [
    ...items.filter(({ id }) => id !== told.id),
    ...(told.calling ? [told] : []),
  ])
  const others = calls.value.filter(({ id }) => id !== told.id)
  if (!told.calling) putOff.delete(told.id)
  const rings = told.calling && !putOff.has(told.id)
  if (rings || others.length < calls.value.length) calls.value = rings ? [...others, told] : others
}

/** Also what the stream told before this page listened. */
export async function readCalls(): Promise<void> {
  const items = await newest.ask(
    async () => (await get<{ items: OpinionTold[] }>('/api/opinions/calls')).items,
  )
  if (!items) return
  const now = new Set(items.map(({ id }) => id))
  for (const { id, state } of calls.value) if (!now.has(id)) hearCall({ id, state, calling: '' })
  items.forEach(hearCall)
}

export function later(id: string): void {
  putOff.add(id)
  calls.value = calls.value.filter((one) => one.id !== id)
}
