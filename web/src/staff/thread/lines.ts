/** The threads that whoever is signed in reads, as the stream keeps them. */
import { computed, signal } from '@preact/signals'
import type { ThreadLine } from '../api'
import { Newest } from '../newest'
import { tell } from '../outside/tell'
import { get } from '../request'
import { words } from '../words'

export const lines = signal<ThreadLine[] | undefined>(undefined)

export const unread = computed(() =>
  (lines.value ?? []).reduce((sum, one) => sum + (one.unread > 0 ? 1 : 0), 0),
)

const newest = new Newest<ThreadLine[]>()

export async function readLines(): Promise<void> {
  const read = await newest.ask(
    async () => (await get<{ items: ThreadLine[] }>('/api/threads')).items,
  )
  if (read) lines.value = read
}

/** A line that has changed comes first, as the last one that somebody has written in. */
export function withLine(all: readonly ThreadLine[], line: ThreadLine): ThreadLine[] {
  return [line, ...all.filter(({ thread }) => thread.id !== line.thread.id)].sort(
    (a, b) => b.lastAt - a.lastAt,
  )
}

/** Takes what the stream tells. Outside of the browser it says that there is something, no more. */
export function hear(line: ThreadLine): void {
  const before = lines.peek()?.find(({ thread }) => thread.id === line.thread.id)
  newest.tell((all) => withLine(all, line))
  lines.value = withLine(lines.peek() ?? [], line)
  if (line.unread > (before?.unread ?? 0)) tell('thread', words.peek().thread.notice)
}
