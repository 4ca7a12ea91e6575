import { useEffect, useState } from 'preact/hooks'
import type { Me, ThreadLine } from '../api'
import { listen } from '../events'
import { get, post, problemOf, type Problem } from '../request'
import { words } from '../words'
import { Conversation } from './Conversation'

/**
 * The team's thread beside a call: what stays when the call's own messages are gone. Whoever is not
 * signed in here, or not of the team, is told nothing of it.
 */
export function Beside({ room }: { room: string }) {
  const { thread, common } = words.value
  const [line, setLine] = useState<ThreadLine>()
  const [person, setPerson] = useState('')
  const [problem, setProblem] = useState<Problem>()
  const [connected, setConnected] = useState(0)
  const read = async () => {
    try {
      const who = await get<Me>('/api/me')
      setLine(await post<ThreadLine>(`/api/calls/${encodeURIComponent(room)}/thread`))
      setPerson(who.person.id)
      setProblem(undefined)
    } catch (error) {
      setProblem(problemOf(error))
    }
  }
  useEffect(() => void read(), [room])
  const id = line?.thread.id
  useEffect(() => {
    if (!id) return
    return listen({
      flow: () => {},
      connected: () => setConnected((count) => count + 1),
      event: (name, data) => {
        if (name !== 'thread') return
        const told = data as ThreadLine
        if (told.thread.id === id) setLine(told)
      },
    })
  }, [id])
  if (problem?.code === 'unreached')
    return (
      <div role="alert">
        <p>{thread.away}</p>
        <button type="button" class="button" onClick={() => void read()}>
          {common.actions.retry}
        </button>
      </div>
    )
  if (problem) return null
  if (!line || !person) return null
  return (
    <details class="thread-beside">
      <summary>
        {thread.title}
        {line.unread > 0 && ` · ${thread.unread(line.unread)}`}
      </summary>
      <p class="soft">{thread.stays}</p>
      <Conversation line={line} person={person} connected={connected} />
    </details>
  )
}
