import { useMemo, useState } from 'preact/hooks'
import type { OpinionLine } from '../api'
import { moment, ownZone } from '../dates'
import { PatientTraits } from '../booking/PatientChoice'
import { useFollowing, useServerNow } from '../desk/state'
import { useDoing } from '../parts/doing'
import { AreaField, CheckField } from '../parts/Field'
import { Frame } from '../parts/Frame'
import { ProblemNote } from '../parts/Problem'
import { useReading } from '../parts/reading'
import { Way } from '../report/Way'
import { post } from '../request'
import { to } from '../route'
import { words } from '../words'
import { Due } from './OpinionsPage'
import { Pictures } from './pictures/Pictures'
import { Sounds } from './pictures/Sounds'
import { useSeen } from './seen'
import { Talk } from './Talk'

/** One question, what was said about it, and what may be done with it. */
export function OneOpinion({ id }: { id: string }) {
  const { opinion: sentences } = words.value
  const { data, problem, again, setData } = useReading<OpinionLine>(`/api/opinions/${id}`)
  useFollowing(again, ({ opinion }) => opinion?.id === id)
  useSeen(useMemo(() => data && [data], [data]))
  return (
    <Frame title={sentences.one} help="opinions">
      <p>
        <a class="inlink" href={to('opinions')}>
          {sentences.all}
        </a>
      </p>
      <ProblemNote problem={problem} onRetry={() => void again()} />
      {data && <Exchange line={data} again={again} />}
      {data && <Talk line={data} />}
      {data && <Pictures line={data} onLine={setData} />}
      {data && <Sounds line={data} />}
      {data && <Deeds key={data.opinion.version} line={data} onLine={setData} />}
    </Frame>
  )
}

function Exchange({ line, again }: { line: OpinionLine; again: () => Promise<void> }) {
  const { opinion: sentences } = words.value
  const { opinion, patient } = line
  const now = useServerNow()
  return (
    <section class="panelcard" aria-label={sentences.question}>
      {patient && <PatientTraits patient={patient} />}
      <p>
        <span class="chip">{sentences.states[opinion.state]}</span>{' '}
        <Due opinion={opinion} now={now} />
      </p>
      <p class="soft">
        {sentences.to(`${line.askedHouse}, ${line.serviceName}`)}
        {line.expert && ` · ${sentences.by(line.expert)}`}
      </p>
      {opinion.forgottenAt ? (
        <p>{sentences.forgotten(moment(opinion.forgottenAt, ownZone))}</p>
      ) : (
        <Texts line={line} />
      )}
      {opinion.distant && <p>{sentences.isDistant}</p>}
      {!opinion.forgottenAt && (
        <p>
          <a class="button" href={`/api/opinions/${opinion.id}/pdf`} download>
            {sentences.pdf}
          </a>
        </p>
      )}
      {line.sent && (
        <Way sent={line.sent} resend={`/api/opinions/${opinion.id}/resend`} again={again} />
      )}
    </section>
  )
}

function Texts({ line }: { line: OpinionLine }) {
  const { opinion: sentences } = words.value
  const { opinion } = line
  return (
    <>
      <Said
        head={sentences.question}
        who={`${line.asker}, ${line.askingHouse}`}
        at={opinion.askedAt}
        text={opinion.question}
      />
      {line.notes.map((note) => (
        <Said
          key={note.id}
          head={note.back ? sentences.askedBack : sentences.replied}
          who={line.names[note.saidBy] ?? ''}
          at={note.at}
          text={note.text}
        />
      ))}
      {opinion.answer && (
        <Said
          head={sentences.answer}
          who={line.expert}
          at={opinion.endedAt}
          text={opinion.answer}
        />
      )}
    </>
  )
}

type SaidProps = { head: string; who: string; at: number; text: string }

function Said({ head, who, at, text }: SaidProps) {
  return (
    <>
      <h3>{head}</h3>
      <p class="soft">
        {who} · {moment(at, ownZone)}
      </p>
      <p class="written">{text}</p>
    </>
  )
}

type Deed = 'take' | 'release' | 'ask-back' | 'answer' | 'reply' | 'withdraw'

/** What whoever looks may do now. */
function deedsOf({ opinion, mayAsk, mayAnswer, mine }: OpinionLine) {
  const { state } = opinion
  const writes: Deed[] = []
  const plain: Deed[] = []
  if (mayAnswer && state === 'waiting') plain.push('take')
  if (mine && (state === 'taken' || state === 'askedback')) {
    writes.push('answer')
    if (state === 'taken') writes.push('ask-back')
    plain.push('release')
  }
  if (mayAsk && state === 'askedback') writes.push('reply')
  if (mayAsk && !opinion.endedAt) plain.push('withdraw')
  return { writes, plain }
}

type DeedProps = { line: OpinionLine; onLine: (line: OpinionLine) => void }

function Deeds({ line, onLine }: DeedProps) {
  const { opinion: sentences } = words.value
  const [text, setText] = useState('')
  const [distant, setDistant] = useState(false)
  const { busy, problem, run } = useDoing()
  const { writes, plain } = deedsOf(line)
  const { id, version } = line.opinion
  const go = async (deed: Deed) => {
    const answer = await run(() =>
      post<OpinionLine>(`/api/opinions/${id}/${deed}`, { text: text.trim(), distant }, version),
    )
    if (answer) onLine(answer.data)
  }
  if (writes.length + plain.length === 0) return null
  return (
    <form class="panelcard form" onSubmit={(event) => event.preventDefault()}>
      {writes.length > 0 && (
        <AreaField
          label={sentences.text[writes[0] === 'reply' ? 'reply' : 'answer']}
          rows={5}
          value={text}
          onValue={setText}
        />
      )}
      {writes.includes('answer') && (
        <CheckField label={sentences.distant} checked={distant} onChecked={setDistant} />
      )}
      <ProblemNote problem={problem} />
      <div class="actions actions--row">
        {[...writes, ...plain].map((deed, i) => (
          <button
            key={deed}
            type="button"
            class={i === 0 ? 'button button--primary' : 'button'}
            aria-disabled={busy}
            onClick={() => void go(deed)}
          >
            {sentences.deeds[deed]}
          </button>
        ))}
      </div>
    </form>
  )
}
