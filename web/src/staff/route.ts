/** Which page is open. The address says it behind "#/", without a name in it. */
import { computed, signal } from '@preact/signals'

const hash = signal(location.hash)
addEventListener('hashchange', () => {
  hash.value = location.hash
})

/** The parts of the address: #/admin/people gives ['admin', 'people']. */
export const route = computed(() => routeOf(hash.value))

export function routeOf(fragment: string): string[] {
  return fragment
    .replace(/^#\/?/, '')
    .split('?')[0]!
    .split('/')
    .filter((part) => part !== '')
    .map((part) => safely(part))
}

function safely(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

export const to = (...parts: string[]) => `#/${parts.map(encodeURIComponent).join('/')}`

export function go(...parts: string[]): void {
  location.hash = to(...parts)
}
