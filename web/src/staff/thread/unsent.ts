/**
 * What was written and has not reached the server yet. It survives a reload of the tab; the key
 * lets the server know a message again, so that trying twice writes once. It is sent as whoever
 * wrote it, never as somebody who has signed in after them.
 */
export type Unsent = { thread: string; person: string; key: string; text: string }

const place = 'threads unsent'
let unstored: Unsent[] | undefined // by a browser that stores nothing: the open page has it

export function unsentOf(thread: string, person: string): Unsent[] {
  return all().filter((one) => one.thread === thread && one.person === person)
}

export function keep(message: Unsent): void {
  store([...all(), message])
}

export function forget(key: string): void {
  store(all().filter((one) => one.key !== key))
}

function all(): Unsent[] {
  if (unstored) return unstored
  try {
    return JSON.parse(sessionStorage.getItem(place) ?? '[]') as Unsent[]
  } catch {
    return []
  }
}

function store(messages: Unsent[]): void {
  try {
    sessionStorage.setItem(place, JSON.stringify(messages))
    unstored = undefined
  } catch {
    unstored = messages
  }
}
