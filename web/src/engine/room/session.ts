/**
 * What the browser keeps so that a reload takes nobody out of their place: a device id for good,
 * and for this tab the resume token and what the person had chosen; and for a week how much the
 * link carried. A browser that refuses storage (private windows of old ones) loses only that
 * comfort.
 */

import type { CallMode } from '../../protocol/messages'

/** How far somebody has come in the lobby. */
export type Progress = {
  typed?: string // the name
  step?: string
  video?: boolean // they have not gone on without
}

export type Session = {
  token: string
  resume?: string
  name?: string // under which we entered
  microphone?: boolean
  camera?: boolean
  microphoneId?: string
  cameraId?: string
  speakerId?: string
  mode?: CallMode
  modeAfter?: CallMode // the mode that comes back with the pictures
  cameraAfter?: boolean // so does the camera
  stopped?: boolean // no pictures of the others
  usedBytes?: number
} & Progress

const sessionKey = 'draille.session'
const deviceKey = 'draille.device'
const rateKey = 'draille.rate'
const rateLasts = 7 * 24 * 60 * 60_000 // ms

/**
 * Random id in the alphabet of the protocol. `crypto.randomUUID` is missing where the page is not
 * served securely.
 */
export function randomId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('')
}

/** This browser's id, the same in all of its tabs: it tells two tabs from two devices. */
export function deviceId(): string {
  const known = read(() => localStorage, deviceKey)
  if (known) return known
  const fresh = randomId()
  write(() => localStorage, deviceKey, fresh)
  return fresh
}

/** Keeps the bit/s at which the page came. */
export function keepRate(bitrate: number): void {
  write(() => localStorage, rateKey, JSON.stringify({ bitrate, at: Date.now() }))
}

/**
 * The bit/s at which the page came when it last came over the link, unless that is long ago;
 * undefined: not known.
 */
export function recallRate(): number | undefined {
  try {
    const { bitrate, at } = JSON.parse(read(() => localStorage, rateKey) ?? '') as {
      bitrate: number
      at: number
    }
    return bitrate > 0 && Math.abs(Date.now() - at) < rateLasts ? bitrate : undefined
  } catch {
    return undefined // nothing kept, or damaged
  }
}

/** What this tab remembers of the invitation; nothing of another invitation's. */
export function loadSession(token: string): Session {
  try {
    const session = JSON.parse(read(() => sessionStorage, sessionKey) ?? '') as Session
    if (session.token === token) return session
  } catch {
    // Nothing kept, or damaged: as if new.
  }
  return { token }
}

/** Reports whether it is kept. */
export function saveSession(session: Session): boolean {
  return write(() => sessionStorage, sessionKey, JSON.stringify(session))
}

/** The invitation that this tab remembers, if any: the address has it only until it is kept. */
export function recallToken(): string {
  try {
    return (JSON.parse(read(() => sessionStorage, sessionKey) ?? '') as Session).token
  } catch {
    return ''
  }
}

/** On a shared tablet the next person finds nothing of the one before. */
export function forgetSession(): void {
  try {
    sessionStorage.removeItem(sessionKey)
  } catch {
    // Refused: then nothing was kept either.
  }
}

// The mere look at window.localStorage throws where cookies are blocked, hence the functions.
function read(storage: () => Storage, key: string): string | null {
  try {
    return storage().getItem(key)
  } catch {
    return null
  }
}

function write(storage: () => Storage, key: string, value: string): boolean {
  try {
    storage().setItem(key, value)
    return true
  } catch {
    return false // full or refused: see above
  }
}
