import { words } from '../../i18n'
import type { Role } from '../../protocol/messages'

/** What somebody is here, and what their invitation calls them, where that is another name. */
export function standing(role: Role, invitedAs = ''): string {
  const { people } = words.value
  return people.role[role] + (invitedAs && `, ${people.invitedAs(invitedAs)}`)
}
