import { useSignal, type Signal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import type { Call, PersonView } from '../../engine/api'

export type Panel = 'none' | 'people' | 'chat'

export type Asked =
  | { kind: 'none' }
  | { kind: 'more' }
  | { kind: 'devices' }
  | { kind: 'mode' }
  | { kind: 'modeOf'; participant: string; name: string }
  | { kind: 'leave' }
  | { kind: 'end' }
  | { kind: 'remove'; participant: string; name: string }

/** What the person has open on the page of the call; the call itself knows nothing of it. */
export type Desk = {
  panel: Signal<Panel>
  asked: Signal<Asked>
  grid: Signal<boolean>
  read: Signal<number> // number of the last line of chat that was seen
}

export function useDesk(call: Call): Desk {
  const panel = useSignal<Panel>('none')
  const asked = useSignal<Asked>({ kind: 'none' })
  const grid = useSignal(false)
  const read = useSignal(0)
  const last = call.chat.value.at(-1)?.n ?? 0
  useEffect(() => {
    if (panel.value === 'chat') read.value = last
  }, [panel.value, last])
  return { panel, asked, grid, read }
}

/** Lines by others that were not seen yet. */
export function unreadLines(call: Call, desk: Desk): number {
  if (desk.panel.value === 'chat') return 0
  const me = call.me.value?.id
  return call.chat.value.filter((line) => line.n > desk.read.value && line.participant !== me)
    .length
}

/** A host and a clinician may let people in. */
export function mayAdmit(call: Call): boolean {
  return call.me.value?.role === 'host' || call.me.value?.role === 'clinician'
}

/**
 * Whether somebody's picture serves to assess them: a patient's in a consultation, on the screen of
 * those who receive them.
 */
export function assesses(call: Call, person: PersonView): boolean {
  return mayAdmit(call) && call.kind.value === 'consultation' && person.role === 'guest'
}

/** Raised hands, the first one raised first. */
export function raisedHands(call: Call): string[] {
  return call.people.value
    .filter((person) => person.handRaised > 0)
    .sort((a, b) => a.handRaised - b.handRaised)
    .map((person) => person.id)
}
