import { useEffect, useRef, useState } from 'preact/hooks'
import type { Received as Message, ReceivedState, ReceivedView } from '../api'
import { moment } from '../dates'
import { useFollowing } from '../desk/state'
import { useDoing } from '../parts/doing'
import { SelectField, TextField } from '../parts/Field'
import { ProblemNote } from '../parts/Problem'
import { get, post, query } from '../request'
import { zoneOf } from '../session'
import { words } from '../words'
import type { SectionProps } from './AdminPage'
import { useListing } from './pages'

const states: ReceivedState[] = ['refused', 'applied', 'ignored']

/** What is applied is not told one by one: a hospital sends hundreds in a second. */
const looksAgain = 10_000 // ms
/** Several that are told at once are read once. */
const gathers = 500 // ms

/** What the hospital's systems have sent and what was made of it, without a patient's traits. */
export function Received({ establishment }: SectionProps) {
  const { admin, common } = words.value
  const { received: sentences } = admin
  const [state, setState] = useState<string>('refused')
  const [kind, setKind] = useState('')
  const [typed, setTyped] = useState('')
  const [control, setControl] = useState('')
  const { items, problem, again, more } = useListing<Message>(
    `/api/received${query({ establishment, state, kind, control })}`,
  )
  const [paged, setPaged] = useState(false) // what was read further down is not taken away
  useEffect(() => setPaged(false), [state, kind, control])
  useFresh(again, paged)
  return (
    <section class="panelcard">
      <form
        class="toolbar"
        onSubmit={(event) => {
          event.preventDefault()
          setControl(typed.trim())
        }}
      >
        <SelectField
          label={sentences.state}
          value={state}
          onValue={setState}
          options={[
            ...states.map((one) => [one, sentences.states[one]] as const),
            ['', admin.outbox.all],
          ]}
        />
        <SelectField
          label={sentences.kind}
          value={kind}
          onValue={setKind}
          options={[
            ['', admin.outbox.all],
            ['ADT', sentences.kinds.ADT],
            ['SIU', sentences.kinds.SIU],
          ]}
        />
        <TextField
          label={sentences.control}
          value={typed}
          onValue={setTyped}
          autocomplete="off"
        />
        <button class="button">{admin.audit.search}</button>
        <button
          type="button"
          class="button"
          onClick={() => {
            setPaged(false)
            void again()
          }}
        >
          {sentences.refresh}
        </button>
      </form>
      <ProblemNote problem={problem} onRetry={() => void again()} />
      {items?.length === 0 && <p class="empty">{sentences.none}</p>}
      <ul class="lines-list">
        {items?.map((one) => <Line key={one.id} message={one} again={again} />)}
      </ul>
      {more && (
        <button
          type="button"
          class="button"
          onClick={() => {
            setPaged(true)
            void more()
          }}
        >
          {common.actions.more}
        </button>
      )}
    </section>
  )
}

/** Reads the list again when something is told, the stream came back, or some time has passed. */
function useFresh(again: () => Promise<void>, paged: boolean): void {
  const latest = useRef(again)
  latest.current = paged ? async () => {} : again
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  const gather = () => {
    timer.current ??= setTimeout(() => {
      timer.current = undefined
      void latest.current()
    }, gathers)
  }
  useFollowing(gather, ({ received }) => !!received)
  useEffect(() => {
    const clock = setInterval(() => void latest.current(), looksAgain)
    return () => {
      clearInterval(clock)
      clearTimeout(timer.current)
    }
  }, [])
}

function Line({ message, again }: { message: Message; again: () => Promise<void> }) {
  const { received: sentences } = words.value.admin
  const { state, outcome, remarks } = message
  const name = sentences.of(message.event, message.control)
  const doing = useDoing()
  const [view, setView] = useState<ReceivedView>()
  const open = () =>
    view
      ? setView(undefined)
      : doing.run(async () => setView(await get<ReceivedView>(`/api/received/${message.id}`)))
  const replay = async () => {
    const answer = await doing.run(async () => {
      const now = await post<Message>(`/api/received/${message.id}/replay`)
      await again()
      return now
    })
    if (!answer) return
    const refused = answer.data.state === 'refused'
    doing.setDone(refused ? sentences.refusedAgain : sentences.replayed)
  }
  const zone = zoneOf(message.establishment)
  return (
    <li class="participant" data-state={state}>
      <div class="received">
        <strong>{message.event}</strong> {outcome && sentences.outcomes[outcome]}{' '}
        <span class={state === 'refused' ? 'chip chip--warn' : 'chip'}>
          {sentences.states[state]}
        </span>
        <p class="soft">
          {[
            sentences.came(moment(message.receivedAt, zone)),
            message.eventAt ? sentences.happened(moment(message.eventAt, zone)) : '',
            sentences.from(message.source),
            `MSH-10 ${message.control}`,
            sentences.answered(message.answer),
            message.replayedAt ? sentences.replayedAt(moment(message.replayedAt, zone)) : '',
          ]
            .filter((part) => part)
            .join(' · ')}
        </p>
        {state === 'refused' && <Refusal message={message} />}
        {remarks &&
          remarks
            .split(',')
            .map((one) => (
              <p key={one}>{sentences.remarks[one as keyof typeof sentences.remarks] ?? one}</p>
            ))}
        <p role="status">{doing.done}</p>
        <ProblemNote problem={doing.problem} />
        {view && <Text view={view} name={name} />}
      </div>
      <div class="actions actions--row">
        <button
          type="button"
          class="button"
          aria-expanded={!!view}
          aria-label={sentences.deedOf(view ? sentences.hide : sentences.show, name)}
          aria-disabled={doing.busy}
          onClick={() => void open()}
        >
          {view ? sentences.hide : sentences.show}
        </button>
        {state === 'refused' && !message.forgottenAt && (
          <button
            type="button"
            class="button button--primary"
            aria-label={sentences.deedOf(sentences.replay, name)}
            aria-disabled={doing.busy}
            onClick={() => void replay()}
          >
            {sentences.replay}
          </button>
        )}
      </div>
    </li>
  )
}

/** What a refusal says is in English, for whoever looks after both ends: the sender got it, too. */
export function partsOf(problem: string): { expected: string; got: string } {
  const parts = /^expected ([\s\S]*?), got ([\s\S]*)$/.exec(problem)
  return { expected: parts?.[1] ?? '', got: parts?.[2] ?? problem }
}

function Refusal({ message }: { message: Message }) {
  const { received: sentences } = words.value.admin
  const { expected, got } = partsOf(message.problem)
  const why = sentences.codes[message.code as keyof typeof sentences.codes]
  return (
    <>
      {why && <p>{why}</p>}
      <dl class="facts facts--short">
        {(
          [
            [sentences.field, message.field],
            [sentences.expected, expected],
            [sentences.got, got],
          ] as const
        )
          .filter(([, text]) => text)
          .map(([label, text]) => (
            <div key={label}>
              <dt>{label}</dt>
              <dd lang="en">{text}</dd>
            </div>
          ))}
      </dl>
    </>
  )
}

function Text({ view, name }: { view: ReceivedView; name: string }) {
  const { received: sentences } = words.value.admin
  if (!view.text) return <p class="empty">{sentences.forgotten}</p>
  return (
    <>
      <p class="soft">{sentences.masked}</p>
      <pre class="segments" tabIndex={0} role="region" aria-label={sentences.textOf(name)}>
        {view.text}
      </pre>
    </>
  )
}
