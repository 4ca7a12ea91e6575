/**
 * Has the practice send somebody an SMS with a link of their own into this call. Only the staff's
 * browsers have a session with the practice; whether this person may is for the server to say.
 */
import type {
  CallInvite,
  CallInvites,
  ErrorCode,
  Failure,
  NewCallInvite,
  Reason,
} from '../../staff/api'

/** Whether SMS can be sent from here: not known yet, no, yes, or once signed in again. */
export type Texting = 'asking' | 'no' | 'yes' | 'signed-out'

/** How a message fares. Missing is what there is no answer about. */
export type Fate =
  | { state: 'going' | 'sent'; message: string; reason?: Reason }
  | { state: 'failed'; reason: Reason }
  | { state: 'refused'; why: Why; until?: number }

/** Why the server did not take it, as far as the page has words for it. */
export type Why =
  | 'name'
  | 'phone'
  | 'signed-out'
  | 'too-many'
  | 'too-late'
  | 'not-here'
  | 'unreached'

/** Rooms of appointments, as the practice names them; no other room is asked about. */
export const ofAppointment = /^a-[A-Z2-7]{26}$/

export async function textingIn(room: string | undefined): Promise<Texting> {
  if (!room || !ofAppointment.test(room)) return 'no'
  try {
    return (await ask<CallInvites>(room)).sms ? 'yes' : 'no'
  } catch (error) {
    return codeOf(error) === 'signed-out' ? 'signed-out' : 'no'
  }
}

export async function text(room: string, wanted: NewCallInvite): Promise<Fate> {
  try {
    return fateOf(await ask<CallInvite>(room, '/invites', wanted))
  } catch (error) {
    return { state: 'refused', why: whyOf(error), until: failureOf(error)?.retryAt }
  }
}

/** How far a message is now; as it was where there is no answer. */
export async function follow(room: string, message: string): Promise<Fate> {
  try {
    return fateOf(await ask<CallInvite>(room, `/invites/${message}`))
  } catch {
    return { state: 'going', message }
  }
}

function fateOf({ message, state, reason }: CallInvite): Fate {
  if (state === 'sent') return { state, message }
  if (state === 'waiting') return { state: 'going', message, ...(reason && { reason }) }
  return { state: 'failed', reason }
}

const whys: Partial<Record<ErrorCode, Why>> = {
  'signed-out': 'signed-out',
  'too-many': 'too-many',
  'too-late': 'too-late',
  cancelled: 'too-late',
  forbidden: 'not-here',
  'not-found': 'not-here',
  'channel-missing': 'not-here',
}

function whyOf(error: unknown): Why {
  const failure = failureOf(error)
  if (failure?.field === 'name' || failure?.field === 'phone') return failure.field
  return (failure && whys[failure.code]) ?? 'unreached'
}

class Refused extends Error {
  constructor(readonly failure: Failure) {
    super(failure.message)
  }
}

const failureOf = (error: unknown) => (error instanceof Refused ? error.failure : undefined)
const codeOf = (error: unknown) => failureOf(error)?.code

const patience = 20_000 // ms

async function ask<T>(room: string, path = '', body?: object): Promise<T> {
  const given = new AbortController()
  const timer = setTimeout(() => given.abort(), patience)
  try {
    const response = await fetch(`/api/calls/${encodeURIComponent(room)}${path}`, {
      ...(body && {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify(body),
      }),
      signal: given.signal,
      cache: 'no-store',
    })
    const answer: unknown = await response.json()
    if (!response.ok) throw new Refused(answer as Failure)
    return answer as T
  } finally {
    clearTimeout(timer)
  }
}
