import type { ComponentChildren } from 'preact'
import { useEffect, useId, useRef, useState } from 'preact/hooks'
import type { Call } from '../../engine/api'
import { mayAdmit } from '../call/desk'
import { language, words } from '../../i18n'
import { asideWords } from '../../i18n/aside'
import { recall, remember, forget } from '../parts/storage'
import { maxChatCharacters } from '../../protocol/messages'
import { ofAppointment } from './texting'
import { Later, Part } from '../parts/Later'
import { standing } from '../parts/standing'

/** The team's thread, of the staff alone: a patient's page never loads it. */
const team = new Part(() => import('../../staff/thread/Beside'))

/** The conversation in writing. It dies with the room, and says so. */
export function Chat({ call }: { call: Call }) {
  const { actions, call: inCall } = words.value
  const { chat } = asideWords.value
  const [text, setText] = useState('')
  const [read, setRead] = useState(() => recall(typingKey) === 'on') // along, as one writes
  const list = useRef<HTMLDivElement>(null)
  const id = useId()
  const lines = call.chat.value
  const me = call.me.value?.id
  const others = call.people.value.filter((person) => !person.me).map((person) => person.name)

  useEffect(() => {
    const element = list.current
    if (element) element.scrollTop = element.scrollHeight
  }, [lines.length])

  const unsent = call.unsent.value
  useEffect(() => {
    if (!unsent) return
    setText((written) => (written ? `${unsent}\n${written}` : unsent))
    call.unsent.value = ''
  }, [call, unsent])

  const send = () => {
    if (text.trim() === '') return
    call.say(text.trim())
    setText('')
  }
  // What nobody sees here any more is not to be read elsewhere.
  useEffect(() => () => call.type(''), [call])
  const write = (now: string) => {
    setText(now)
    if (read) call.type(now)
  }
  const letRead = (on: boolean) => {
    setRead(on)
    if (on) remember(typingKey, 'on')
    else forget(typingKey)
    call.type(on ? text : '')
  }
  const submit = (event: Event) => {
    event.preventDefault()
    send()
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) submit(event)
  }
  const room = call.kind.value === 'telestaff' && mayAdmit(call) && call.meeting.value?.room
  return (
    <>
      {room && ofAppointment.test(room) && (
        <Later part={team}>{({ Beside }) => <Beside room={room} />}</Later>
      )}
      <div class="lines" ref={list} role="log" aria-label={inCall.messages} tabIndex={0}>
        {lines.length === 0 && <p class="soft">{chat.empty}</p>}
        {lines.map((line) => (
          <div key={line.n} class={line.participant === me ? 'line line--own' : 'line'}>
            <p class="line-head">
              {line.participant === me ? (
                words.value.tile.self
              ) : (
                <>
                  {line.name}
                  {line.role && ` · ${standing(line.role, line.invitedAs)}`}
                </>
              )}{' '}
              <time dateTime={new Date(line.at).toISOString()}>{hour(line.at)}</time>
            </p>
            <p class="line-text">{withLinks(line.text)}</p>
          </div>
        ))}
      </div>
      <Drafts call={call} />
      <form class="say" onSubmit={submit}>
        <label for={id}>{chat.label}</label>
        <textarea
          id={id}
          class="input"
          rows={2}
          maxLength={maxChatCharacters}
          value={text}
          aria-describedby={`${id}-help`}
          onInput={(event) => write(event.currentTarget.value)}
          onKeyDown={onKeyDown}
        />
        <p id={`${id}-help`} class="soft">
          {others.length > 0 && `${chat.to(others.join(', '))} `}
          {chat.private}
        </p>
        <label class="choice choice--small">
          <input
            type="checkbox"
            checked={read}
            onChange={(event) => letRead(event.currentTarget.checked)}
          />
          {asideWords.value.typing.show}
        </label>
        <button type="submit" class="button button--primary">
          {actions.send}
        </button>
      </form>
    </>
  )
}

/** Kept in the browser: 'on' where somebody lets others read along. */
const typingKey = 'draille.typing'

/**
 * What others are writing. It is told once that they do; the letters are there to be read, and the
 * line is announced when it is whole: a voice that reads every letter cannot be followed.
 */
function Drafts({ call }: { call: Call }) {
  const { writes } = asideWords.value.typing
  const nameOf = (id: string) => call.people.value.find((person) => person.id === id)?.name ?? ''
  return (
    <div class="drafts">
      {Object.entries(call.drafts.value).map(([id, text]) => (
        <div key={id} class="line line--draft" data-draft={id}>
          <p class="line-head" role="status">
            {writes(nameOf(id))}
          </p>
          <p class="line-text" aria-live="off">
            {text}
          </p>
        </div>
      ))}
    </div>
  )
}

function hour(at: number): string {
  return new Date(at).toLocaleTimeString(language.value, { hour: '2-digit', minute: '2-digit' })
}

/** Secure addresses can be opened; they stand there whole, so that it is seen where they lead. */
export function withLinks(text: string): ComponentChildren {
  return text.split(/(https:\/\/[^\s<>"«»]+[^\s<>"«».,;:!?)\]])/).map((part, i) =>
    i % 2 ? (
      <a key={i} href={part} target="_blank" rel="noopener noreferrer">
        {part}
      </a>
    ) : (
      part
    ),
  )
}
