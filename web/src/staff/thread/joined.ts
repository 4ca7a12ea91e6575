/** What is known of a thread: a run of its messages without a gap, up to the last. */
import type { ThreadView } from '../api'

export type Known = Pick<ThreadView, 'messages' | 'earlier'>

/**
 * What was known with what is read now, which is the newer of the two for a message that both have.
 * If messages are missing between them, those before are forgotten: they can be asked for again.
 */
export function joined(known: Known | undefined, { messages, earlier }: Known): Known {
  const last = known?.messages.at(-1)
  if (!known || !last) return { messages, earlier }
  const first = messages[0]
  if (!first) return { ...known, earlier }
  if (first.message.number > last.message.number + 1) return { messages, earlier }
  const all = new Map([...known.messages, ...messages].map((one) => [one.message.number, one]))
  return {
    messages: [...all.values()].sort((a, b) => a.message.number - b.message.number),
    earlier: first.message.number < known.messages[0]!.message.number ? earlier : known.earlier,
  }
}
