import { useSignal, type Signal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import type { Call, PersonView } from '../../engine/api'
import { recall } from '../parts/storage'
import { Doorbell } from './doorbell'

export type Panel = 'none' | 'people' | 'chat'

export type Asked =
  | { kind: 'none' }
  | { kind: 'more' }
  | { kind: 'devices' }
  | { kind: 'invite' }
  | { kind: 'photo' }
  | { kind: 'comfort' }
  | { kind: 'admitAll'; waiting: PersonView[] }
  | { kind: 'handOver'; participant: string; name: string }
  | { kind: 'mode' }
  | { kind: 'modeOf'; participant: string; name: string }
  | { kind: 'leave' }
  | { kind: 'end' }
  | { kind: 'remove' | 'refuse' | 'block'; participant: string; name: string }
  | { kind: 'beside'; participant: string; name: string; others: PersonView[] }

/** What the person has open on the page of the call; the call itself knows nothing of it. */
export type Desk = {
  panel: Signal<Panel>
  asked: Signal<Asked>
  grid: Signal<boolean>
  interpreter: Signal<string> // id of whom one follows, signing; '' for nobody
  read: Signal<number> // number of the last line of chat that was seen
}

export function useDesk(call: Call): Desk {
  const panel = useSignal<Panel>('none')
  const asked = useSignal<Asked>({ kind: 'none' })
  const grid = useSignal(false)
  const interpreter = useSignal('')
  const read = useSignal(0)
  const last = call.chat.value.at(-1)?.n ?? 0
  useEffect(() => {
    if (panel.value === 'chat') read.value = last
  }, [panel.value, last])
  return { panel, asked, grid, interpreter, read }
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
 * Lets somebody in. In a consultation it asks first, when a patient who came by another link is
 * still there.
 */
export function admit(call: Call, desk: Desk, { id, name, role, sameLink }: PersonView): void {
  const others = call.people.value.filter(
    (person) => person.role === 'guest' && !sameLink.includes(person.id),
  )
  if (call.kind.value !== 'consultation' || role !== 'guest' || !others.length) call.admit(id)
  else desk.asked.value = { kind: 'beside', participant: id, name, others }
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

/** Kept in the browser: 'off' where staff want to hear no chime. */
export const chimeKey = 'draille.chime'

/** Whoever has no switch hears it: a tablet may be the staff's now, and a patient's next. */
const silent = (call: Call) => mayAdmit(call) && recall(chimeKey) === 'off'

/** Chimes while somebody waits whom this person may let in, until they have looked. */
export function useDoorbell(call: Call): void {
  const bell = useRef(new Doorbell()).current
  const waiting = mayAdmit(call) ? call.waiting.value : []
  useEffect(() => {
    if (!waiting.length) return
    const ring = () => {
      if (bell.rings(waiting, performance.now()) && !silent(call)) void call.chime()
    }
    const looked = () => {
      if (!document.hidden) bell.looked(waiting)
    }
    ring()
    const timer = setInterval(ring, 1_000)
    const signs = ['pointerdown', 'keydown', 'visibilitychange']
    for (const sign of signs) document.addEventListener(sign, looked)
    return () => {
      clearInterval(timer)
      for (const sign of signs) document.removeEventListener(sign, looked)
    }
  }, [waiting.map(({ id }) => id).join()])
}

/** Chimes for what is written while the messages are closed. */
export function useChatChime(call: Call, desk: Desk): void {
  const unread = unreadLines(call, desk)
  const before = useRef(unread)
  useEffect(() => {
    if (unread > before.current && !silent(call)) void call.chime()
    before.current = unread
  }, [unread])
}
