import { recallToken } from '../engine/room/session'

/** What the address of the page asks for. */
export type Address = {
  pages: 'call' | 'link' | 'staff'
  // the invitation, from the fragment: fragments are not sent to servers nor kept in their logs
  token: string
  relay: boolean // ?relay: media through our relay only
  debug: boolean // ?debug: the call is reachable from the developer's console
  lang: string | null // ?lang=fr or ?lang=en
}

/** Stands in the address in place of an invitation that the tab remembers. */
export const kept = 'call'

type Parts = { pathname?: string; hash: string; search: string }

export function readAddress(
  { pathname = '/', hash, search }: Parts,
  recall = recallToken,
): Address {
  const options = new URLSearchParams(search)
  const fragment = hash.replace(/^#/, '').trim()
  // Staff pages have fragments of their own, with a "/" or a "=", which no invitation has.
  const given = pathname === '/' && !/[/=]/.test(fragment) ? fragment : ''
  const token = given === kept ? recall() : given
  return {
    pages: token ? 'call' : /^\/r(\/|$)/.test(pathname) ? 'link' : 'staff',
    token,
    relay: options.has('relay'),
    debug: options.has('debug'),
    lang: options.get('lang'),
  }
}
