import { useEffect, useState } from 'preact/hooks'
import type { ThreadLine } from '../api'
import { moment, ownZone } from '../dates'
import { connections } from '../desk/live'
import { Frame } from '../parts/Frame'
import { ProblemNote } from '../parts/Problem'
import { problemOf, type Problem } from '../request'
import { route, to } from '../route'
import { me } from '../session'
import { words } from '../words'
import { Conversation } from './Conversation'
import { lines, readLines } from './lines'

/** All threads that this person reads, and the one that is open. */
export function ThreadsPage() {
  const { thread: sentences, common } = words.value
  const [problem, setProblem] = useState<Problem>()
  const read = () =>
    readLines().then(
      () => setProblem(undefined),
      (error: unknown) => setProblem(problemOf(error)),
    )
  useEffect(() => void read(), [])
  const all = lines.value
  const open = all?.find(({ thread }) => thread.id === route.value[1]) ?? all?.[0]
  return (
    <Frame title={sentences.page} help="threads">
      <ProblemNote problem={problem} onRetry={() => void read()} />
      {!all && !problem && <p role="status">{common.loading}</p>}
      {all?.length === 0 && <p class="empty">{sentences.empty}</p>}
      {open && (
        <div class="threads">
          <nav class="threads-list" aria-label={sentences.list}>
            {all!.map((line) => (
              <Line key={line.thread.id} line={line} current={line === open} />
            ))}
          </nav>
          <section class="panelcard" aria-labelledby="thread">
            <h2 id="thread">{nameOf(open)}</h2>
            <Conversation
              key={open.thread.id}
              line={open}
              person={me.value!.person.id}
              connected={connections.value}
            />
          </section>
        </div>
      )}
    </Frame>
  )
}

const nameOf = ({ name }: ThreadLine) => name || words.value.thread.meeting

function Line({ line, current }: { line: ThreadLine; current: boolean }) {
  const { thread: sentences } = words.value
  return (
    <a
      class="thread-line"
      href={to('threads', line.thread.id)}
      aria-current={current ? 'true' : undefined}
    >
      <strong>{nameOf(line)}</strong>
      {line.unread > 0 && <span class="chip chip--warn">{sentences.unread(line.unread)}</span>}
      <span class="soft">
        {sentences.kinds[line.thread.kind]}
        {line.lastAt > 0 && ` · ${moment(line.lastAt, ownZone)}`}
      </span>
    </a>
  )
}
