/** What the address of the page asks for. */
export type Address = {
  // the invitation, from the fragment: fragments are not sent to servers nor kept in their logs
  token: string
  relay: boolean // ?relay: media through our relay only
  debug: boolean // ?debug: the call is reachable from the developer's console
  lang: string | null // ?lang=fr or ?lang=en
}

export function readAddress({ hash, search }: { hash: string; search: string }): Address {
  const options = new URLSearchParams(search)
  return {
    token: hash.replace(/^#/, '').trim(),
    relay: options.has('relay'),
    debug: options.has('debug'),
    lang: options.get('lang'),
  }
}
