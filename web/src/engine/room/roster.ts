/**
 * Who is there: the roster's changes made into what a page shows, and into what is worth a
 * sentence. Pure.
 */
import type { Person, Roster } from '../../protocol/messages'
import type { Notice, PersonView } from '../api'

export type Known = { present: Person[]; waiting: Person[]; complete: boolean }

export const nobody: Known = { present: [], waiting: [], complete: false }

/** What is known after a message, and what just happened; the first complete roster is no news. */
export function follow(
  known: Known,
  message: Roster,
  me: string,
): { known: Known; notices: Notice[] } {
  const before = new Map(known.present.map((person) => [person.id, person]))
  const after = message.full ? new Map<string, Person>() : new Map(before)
  for (const person of message.present) after.set(person.id, person)
  for (const id of message.left) after.delete(id)
  const notices: Notice[] = []
  if (known.complete) {
    for (const person of after.values()) {
      const earlier = before.get(person.id)
      if (person.id === me) {
        if (earlier && earlier.role !== 'host' && person.role === 'host')
          notices.push({ kind: 'host', name: person.name, mine: true })
        continue
      }
      if (!earlier) notices.push({ kind: 'joined', name: person.name })
      if (person.media.screen !== !!earlier?.media.screen)
        notices.push({
          kind: person.media.screen ? 'screen-shared' : 'screen-stopped',
          name: person.name,
        })
      if (earlier && earlier.role !== 'host' && person.role === 'host')
        notices.push({ kind: 'host', name: person.name, mine: false })
      if (person.handRaised && !earlier?.handRaised)
        notices.push({ kind: 'hand', name: person.name })
    }
    // A guest whom the last of the staff leaves is told so by the server, and not here as well.
    const alone = ![...after.values()].some(isStaff)
    for (const person of before.values()) {
      if (!after.has(person.id) && person.id !== me && !(alone && isStaff(person)))
        notices.push({ kind: 'left', name: person.name })
    }
  }
  const waited = new Set(known.waiting.map((person) => person.id))
  for (const person of message.waiting) {
    if (!waited.has(person.id)) notices.push({ kind: 'waiting', name: person.name })
  }
  return {
    known: {
      present: [...after.values()].sort(byEntry),
      waiting: [...message.waiting].sort(byEntry),
      complete: known.complete || message.full,
    },
    notices,
  }
}

const isStaff = ({ role }: Person) => role !== 'guest'

function byEntry(a: Person, b: Person): number {
  return a.since - b.since || (a.id < b.id ? -1 : 1)
}

/** `ahead`: ms that the server's clock is ahead of performance.now(). */
export function viewOf(person: Person, me: string, ahead = 0): PersonView {
  const { id, name, role, connected, media, since, mode } = person
  return {
    id,
    name,
    role,
    me: id === me,
    connected,
    microphone: media.microphone,
    camera: media.camera,
    screen: media.screen,
    handRaised: person.handRaised ?? 0,
    removedOnce: !!person.removedOnce,
    invitedAs: person.invitedAs ?? '',
    sameLink: person.sameLink ?? [],
    refused: person.refused ?? 0,
    since: since - ahead,
    mode,
  }
}
