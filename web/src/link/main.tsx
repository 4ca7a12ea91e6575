/** A patient's link: when it opens, the call begins on this page, without loading another. */
import { render } from 'preact'
import { readAddress } from '../pages/address'
import { LinkPage } from './LinkPage'

const page = () => document.getElementById('page') as HTMLElement

export function show(): void {
  const token = location.pathname.replace(/^\/r\/?/, '')
  render(<LinkPage token={token} onOpen={(address) => void enter(address)} />, page())
}

async function enter(address: string): Promise<void> {
  const target = new URL(address, location.href)
  if (target.origin !== location.origin) return location.replace(address)
  const [{ openCall }, pages] = await Promise.all([import('../openCall'), import('../main')])
  history.replaceState(null, '', `${target.pathname}${target.search}${target.hash}`)
  const call = openCall(readAddress(location))
  render(null, page())
  pages.show(call)
}
