/** What an invitation says of the room. Only the server can tell whether it is genuine, and says so in its welcome. */
import type { Kind } from '../protocol/messages'

/** The kind of the room in a token (a JWT, RFC 7519), or the usual one. */
export function kindOf(token: string): Kind {
  try {
    const payload = token.split('.')[1]!.replaceAll('-', '+').replaceAll('_', '/')
    const { kind } = JSON.parse(atob(payload)) as { kind?: string }
    return kind === 'telestaff' ? kind : 'consultation'
  } catch {
    return 'consultation'
  }
}
