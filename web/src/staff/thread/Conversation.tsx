import { useEffect, useId, useRef, useState } from 'preact/hooks'
import type { ThreadLine, ThreadMessageLine, ThreadReader, ThreadView } from '../api'
import { moment, ownZone } from '../dates'
import { ProblemNote } from '../parts/Problem'
import { useDoing } from '../parts/doing'
import { useReading } from '../parts/reading'
import { get, newKey, post, problemOf } from '../request'
import { words } from '../words'
import '../styles/thread.css'
import { Erase } from './Erase'
import { joined, type Known } from './joined'
import { forget, keep, unsentOf, type Unsent } from './unsent'

type ConversationProps = {
  line: ThreadLine // as it is now: when it changes, what is new is read
  person: string // who reads
  connected: number // grows when the stream comes back
}

/** One thread: what was written, who has read it, and a field to write. */
export function Conversation({ line, person, connected }: ConversationProps) {
  const { thread: sentences } = words.value
  const path = `/api/threads/${encodeURIComponent(line.thread.id)}`
  const { data, problem, again } = useReading<ThreadView>(path)
  const began = useRef(false)
  useEffect(() => {
    if (began.current) void again()
    began.current = true
  }, [line, connected])
  const [known, setKnown] = useState<Known>()
  const join = (part: Known) => setKnown((before) => joined(before, part))
  useEffect(() => data && join(data), [data])
  const { busy, problem: hindrance, run } = useDoing()
  const readBefore = async (number: number) => join(await get(`${path}?before=${number}`))
  useReadMark(path, data, person)
  return (
    <div class="thread">
      <ProblemNote problem={problem} onRetry={() => void again()} />
      <ProblemNote problem={hindrance} />
      {known?.earlier && (
        <button
          type="button"
          class="button"
          aria-disabled={busy}
          onClick={() => void run(() => readBefore(known.messages[0]!.message.number))}
        >
          {sentences.earlier}
        </button>
      )}
      <Messages
        reads={data?.reads ?? []}
        messages={known?.messages}
        person={person}
        path={path}
        readBefore={readBefore}
      />
      {line.mayWrite ? (
        <Composer
          thread={line.thread.id}
          person={person}
          path={path}
          maxText={data?.maxText}
          again={again}
        />
      ) : (
        <p class="soft">{sentences.readOnly}</p>
      )}
      {data && <p class="soft">{sentences.kept(data.days)}</p>}
    </div>
  )
}

/** Tells the server how far this person has read, once what is new is seen on the screen. */
function useReadMark(path: string, view: ThreadView | undefined, person: string): void {
  useEffect(() => {
    const last = view?.line.last ?? 0
    const mark = view?.reads.find((one) => one.person === person)?.number ?? 0
    if (last <= mark) return
    const tell = () => {
      if (document.visibilityState === 'visible')
        void post(`${path}/read`, { number: last }).catch(() => {}) // told with the next one
    }
    tell()
    document.addEventListener('visibilitychange', tell)
    return () => document.removeEventListener('visibilitychange', tell)
  }, [view])
}

type MessagesProps = {
  reads: ThreadReader[]
  messages?: ThreadMessageLine[]
  person: string
  path: string
  readBefore: (number: number) => Promise<void>
}

function Messages({ reads, messages, person, path, readBefore }: MessagesProps) {
  const { thread: sentences, common } = words.value
  const list = useRef<HTMLDivElement>(null)
  const last = messages?.at(-1)?.message.number
  useEffect(() => {
    if (list.current) list.current.scrollTop = list.current.scrollHeight
  }, [last])
  const readers = (number: number, author: string) =>
    reads
      .filter((one) => one.number >= number && one.person !== author && one.person !== person)
      .map((one) => one.name)
  return (
    <div class="thread-list" ref={list} role="log" aria-label={sentences.messages} tabIndex={0}>
      {!messages && <p role="status">{common.loading}</p>}
      {messages?.length === 0 && <p class="soft">{sentences.none}</p>}
      {messages?.map((one) => (
        <Message
          key={one.message.id}
          line={one}
          own={one.message.author === person}
          readers={
            one.message.number === last ? readers(one.message.number, one.message.author) : []
          }
          path={path}
          again={() => readBefore(one.message.number + 1)}
        />
      ))}
    </div>
  )
}

type MessageProps = {
  line: ThreadMessageLine
  own: boolean
  readers: string[]
  path: string
  again: () => Promise<void>
}

function Message({ line, own, readers, path, again }: MessageProps) {
  const { thread: sentences } = words.value
  const { id, at, text, deletedAt, deletedBy, author } = line.message
  return (
    <article class={own ? 'thread-message thread-message--own' : 'thread-message'}>
      <p class="thread-head">
        <strong>{own ? sentences.me : line.authorName || sentences.gone}</strong>{' '}
        <time dateTime={new Date(at).toISOString()}>{moment(at, ownZone)}</time>
      </p>
      {deletedAt > 0 ? (
        <p class="soft">{deletedBy === author ? sentences.deleted : sentences.deletedByOffice}</p>
      ) : (
        <p class="thread-text">{text}</p>
      )}
      {readers.length > 0 && <p class="soft">{sentences.readBy(readers.join(', '))}</p>}
      {own && deletedAt === 0 && <Erase path={path} message={id} again={again} />}
    </article>
  )
}

/** How long until what has not reached the server is sent again. */
const patience = 5_000 // ms

type ComposerProps = {
  thread: string
  person: string
  path: string
  maxText?: number
  again: () => Promise<void>
}

function Composer({ thread, person, path, maxText, again }: ComposerProps) {
  const { thread: sentences } = words.value
  const id = useId()
  const [text, setText] = useState('')
  const { waiting, problem, send } = useSending(thread, person, path, again)
  const submit = (event: Event) => {
    event.preventDefault()
    if (text.trim() === '') return
    send({ thread, person, key: newKey(), text: text.trim() })
    setText('')
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) submit(event)
  }
  return (
    <form class="thread-say" onSubmit={submit}>
      {waiting.map((one) => (
        <p key={one.key} class="thread-text soft">
          {one.text}
        </p>
      ))}
      <p role="status">{waiting.length > 0 && sentences.waits}</p>
      <ProblemNote problem={problem} />
      <label for={id}>{sentences.write}</label>
      <textarea
        id={id}
        class="input"
        rows={2}
        maxLength={maxText}
        value={text}
        onInput={(event) => setText(event.currentTarget.value)}
        onKeyDown={onKeyDown}
      />
      <button type="submit" class="button button--primary">
        {sentences.send}
      </button>
    </form>
  )
}

/** Sends messages one after the other, and again until each has an answer. */
function useSending(thread: string, person: string, path: string, again: () => Promise<void>) {
  const left = () => unsentOf(thread, person)
  const [waiting, setWaiting] = useState<Unsent[]>(left)
  const { problem, setProblem } = useDoing()
  const going = useRef(false)
  const flush = async () => {
    if (going.current) return
    going.current = true
    try {
      for (let next = left()[0]; next; next = left()[0]) {
        await post(`${path}/messages`, { key: next.key, text: next.text })
        forget(next.key)
        setWaiting(left())
        await again()
      }
      setProblem(undefined)
    } catch (error) {
      const refused = problemOf(error)
      // What the server does not take is said; what has not reached it is tried again.
      if (!['unreached', 'signed-out', 'too-many', 'internal'].includes(refused.code)) {
        forget(left()[0]!.key)
        setWaiting(left())
      }
      setProblem(refused.code === 'unreached' ? undefined : refused)
    } finally {
      going.current = false
    }
  }
  useEffect(() => {
    if (waiting.length === 0) return
    const timer = setInterval(() => void flush(), patience)
    const online = () => void flush()
    addEventListener('online', online)
    return () => {
      clearInterval(timer)
      removeEventListener('online', online)
    }
  }, [waiting.length])
  useEffect(() => void flush(), [thread])
  const send = (message: Unsent) => {
    keep(message)
    setWaiting(left())
    void flush()
  }
  return { waiting, problem, send }
}
