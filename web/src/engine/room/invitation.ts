/**
 * What an invitation says. Only the server can tell whether it is genuine, and says so in its
 * welcome.
 */
import type { Kind, Role } from '../../protocol/messages'

export interface Invitation {
  kind: Kind
  /** Undefined: not said, or none that we know. */
  role?: Role
  name: string // proposed to the person
  /** Unix ms from which it is valid; undefined: not said. */
  from?: number
  /** Who receives the person, and when (Unix ms), as far as it is said. */
  with?: string
  at?: number
  zone?: string // IANA time zone of its hours
  room?: string
}

const roles: readonly string[] = ['host', 'clinician', 'guest'] satisfies Role[]

/** The claims in a token (a JWT, RFC 7519), or the usual ones. */
export function readInvitation(token: string): Invitation {
  try {
    const payload = atob(token.split('.')[1]!.replaceAll('-', '+').replaceAll('_', '/'))
    const text = new TextDecoder().decode(Uint8Array.from(payload, (c) => c.charCodeAt(0)))
    const claims = JSON.parse(text) as Record<string, unknown>
    const { kind, role, name, nbf, with: host, at, zone, room } = claims
    return {
      kind: kind === 'telestaff' ? kind : 'consultation',
      role: roles.includes(String(role)) ? (role as Role) : undefined,
      name: typeof name === 'string' ? name : '',
      ...(typeof nbf === 'number' && { from: 1_000 * nbf }),
      ...(typeof host === 'string' && { with: host }),
      ...(typeof at === 'number' && { at: 1_000 * at }),
      ...(typeof zone === 'string' && { zone }),
      ...(typeof room === 'string' && { room }),
    }
  } catch {
    return { kind: 'consultation', name: '' }
  }
}
