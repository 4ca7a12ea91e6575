/**
 * What was written and has not reached the server yet. It survives a reload of the tab; the key
 * lets the server know a message again, so that trying twice writes once.
 */
export type Unsent = { thread: string; key: string; text: string }

const place = 'threads unsent'

export function unsentOf(thread: string): Unsent[] {
  return all().filter((one) => one.thread === thread)
}

export function keep(message: Unsent): void {
  store([...all(), message])
}

export function forget(key: string): void {
  store(all().filter((one) => one.key !== key))
}

/** A key of chance for a new message. */
export const newKey = () => crypto.getRandomValues(new Uint32Array(4)).join('-')

function all(): Unsent[] {
  try {
    return JSON.parse(sessionStorage.getItem(place) ?? '[]') as Unsent[]
  } catch {
    return []
  }
}

function store(messages: readonly Unsent[]): void {
  try {
    sessionStorage.setItem(place, JSON.stringify(messages))
  } catch {
    // A browser that stores nothing: the open page still has it.
  }
}
