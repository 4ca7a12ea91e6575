import { useMemo } from 'preact/hooks'
import type { Opinion, OpinionLine } from '../api'
import { moment, ownZone } from '../dates'
import { patientName, useFollowing, useServerNow } from '../desk/state'
import { Frame } from '../parts/Frame'
import { ProblemNote } from '../parts/Problem'
import { useReading } from '../parts/reading'
import { route, to } from '../route'
import { may, me } from '../session'
import { words } from '../words'
import { AskForm } from './AskForm'
import { ageOf, type Age } from './due'
import { OneOpinion } from './OneOpinion'
import { useSeen } from './seen'

/** Questions to experts: the queues that somebody answers, and what they have asked. */
export function OpinionsPage() {
  const [, id] = route.value
  if (id === 'new') return <AskForm />
  if (id) return <OneOpinion key={id} id={id} />
  return <Lists />
}

function Lists() {
  const { opinion } = words.value
  const now = useServerNow()
  const { data, problem, again } = useReading<{ items: OpinionLine[] }>('/api/opinions')
  useFollowing(again, (told) => !!told.opinion)
  // Of others the list says too little: they are seen once they are opened.
  const queue = useMemo(
    () => data?.items.filter(({ opinion: one, mayAnswer }) => mayAnswer && one.state === 'waiting'),
    [data],
  )
  useSeen(queue)
  const open = (data?.items ?? []).filter(({ opinion: one }) => !one.endedAt)
  const over = (data?.items ?? []).filter(({ opinion: one }) => one.endedAt)
  return (
    <Frame
      title={opinion.title}
      help="opinions"
      beside={
        may(me.value, 'opinion.ask') && (
          <a class="button button--primary" href={to('opinions', 'new')}>
            {opinion.ask}
          </a>
        )
      }
    >
      <ProblemNote problem={problem} onRetry={() => void again()} />
      {may(me.value, 'opinion.answer') && (
        <Part
          title={opinion.queue}
          none={opinion.emptyQueue}
          now={now}
          lines={data && open.filter(({ mayAnswer }) => mayAnswer)}
        />
      )}
      {may(me.value, 'opinion.ask') && (
        <Part
          title={opinion.asked}
          none={opinion.noneAsked}
          now={now}
          lines={data && open.filter(({ mayAsk, mayAnswer }) => mayAsk && !mayAnswer)}
        />
      )}
      {over.length > 0 && <Part title={opinion.over} none="" now={now} lines={over} />}
    </Frame>
  )
}

type PartProps = { title: string; none: string; now: number; lines?: OpinionLine[] }

function Part({ title, none, now, lines }: PartProps) {
  return (
    <section class="panelcard" aria-label={title}>
      <h2>{title}</h2>
      {lines?.length === 0 && <p class="soft">{none}</p>}
      <ul class="lines-list">
        {lines?.map((line) => (
          <Line key={line.opinion.id} line={line} now={now} />
        ))}
      </ul>
    </section>
  )
}

function Line({ line, now }: { line: OpinionLine; now: number }) {
  const { opinion: sentences } = words.value
  const { opinion, patient } = line
  return (
    <li class="participant">
      <div>
        <strong>{patient && patientName(patient)}</strong>{' '}
        <span class="chip">{sentences.states[opinion.state]}</span>
        <p class="soft">
          {line.mayAnswer ? `${line.asker}, ${line.askingHouse}` : line.askedHouse} ·{' '}
          {line.serviceName}
        </p>
        <p>
          <Due opinion={opinion} now={now} />
        </p>
      </div>
      <a class="button" href={to('opinions', opinion.id)}>
        {sentences.open}
        <span class="unseen"> : {patient && patientName(patient)}</span>
      </a>
    </li>
  )
}

const looks: Record<Age, string> = {
  early: 'chip chip--good',
  half: 'chip chip--warn',
  late: 'chip chip--late',
  over: 'chip',
}

/** By when an answer is wanted, in a colour and in words. */
export function Due({ opinion, now }: { opinion: Opinion; now: number }) {
  const { due } = words.value.opinion
  const age = ageOf(opinion, now)
  const at = opinion.endedAt || opinion.dueAt
  return <span class={looks[age]}>{due[age](moment(at, ownZone))}</span>
}
