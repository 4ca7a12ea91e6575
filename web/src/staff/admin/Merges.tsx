import { useState } from 'preact/hooks'
import { Question } from '../../pages/parts/Dialog'
import type { MergeLine, PatientLine } from '../api'
import { moment, shortDate } from '../dates'
import { useDoing } from '../parts/doing'
import { ProblemNote } from '../parts/Problem'
import { useReading } from '../parts/reading'
import { post, query } from '../request'
import { zoneOf } from '../session'
import { words } from '../words'
import type { SectionProps } from './AdminPage'

/** Which records were made one, as the hospital said; a mistake is undone here. */
export function Merges({ establishment }: SectionProps) {
  const { merges } = words.value.admin
  const { data, problem, again } = useReading<{ items: MergeLine[] }>(
    `/api/merges${query({ establishment })}`,
  )
  return (
    <section class="panelcard">
      <p>{merges.text}</p>
      <ProblemNote problem={problem} onRetry={() => void again()} />
      {data?.items.length === 0 && <p class="empty">{merges.none}</p>}
      <ul class="lines-list">
        {data?.items.map((line) => <Item key={line.merge.id} line={line} again={again} />)}
      </ul>
    </section>
  )
}

const named = (patient: PatientLine) =>
  [patient.birthName, patient.birthGivenName, shortDate(patient.birthDate), patient.ipp]
    .filter((part) => part)
    .join(' ')

function Item({ line, again }: { line: MergeLine; again: () => Promise<void> }) {
  const { merges } = words.value.admin
  const { merge, survivor, prior } = line
  const [asks, setAsks] = useState(false)
  const { busy, problem, done, run } = useDoing()
  const undo = () =>
    run(async () => {
      setAsks(false)
      await post(`/api/merges/${merge.id}/undo`)
      await again()
    }, merges.undone)
  const zone = zoneOf(merge.establishment)
  const kept = survivor ? named(survivor) : merges.gone
  return (
    <li class="participant">
      <div>
        <strong>{kept}</strong>{' '}
        {merge.undoneAt > 0 && <span class="chip">{merges.undoneMark}</span>}
        <p>{merges.took(prior ? named(prior) : merges.unknown(merge.priorIpp))}</p>
        <p class="soft">
          {merges.at(moment(merge.at, zone))}
          {merge.undoneAt > 0 && ` · ${merges.undoneAt(moment(merge.undoneAt, zone))}`}
        </p>
        <p role="status">{done}</p>
        <ProblemNote problem={problem} />
      </div>
      {!merge.undoneAt && (
        <button
          type="button"
          class="button"
          aria-label={merges.undoOf(kept)}
          aria-disabled={busy}
          onClick={() => setAsks(true)}
        >
          {merges.undo}
        </button>
      )}
      {asks && (
        <Question
          title={merges.ask}
          text={merges.askText}
          yes={merges.yes}
          no={merges.no}
          onYes={() => void undo()}
          onNo={() => setAsks(false)}
        />
      )}
    </li>
  )
}
