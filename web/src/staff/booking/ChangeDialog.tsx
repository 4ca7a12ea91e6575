import { useState } from 'preact/hooks'
import { Dialog } from '../../pages/parts/Dialog'
import type { AppointmentView, MeetingPlace, Reach } from '../api'
import { namesIn } from '../desk/state'
import { useDoing } from '../parts/doing'
import { ProblemNote } from '../parts/Problem'
import { useReading } from '../parts/reading'
import { put, query } from '../request'
import { words } from '../words'
import { Conflicts } from './Conflicts'
import { ReachField } from './dialogs'
import { changeOf, draftOf, missingIn, type Draft } from './draft'
import { Guests } from './Guests'
import { TeamChoice } from './TeamChoice'
import { WhereFields } from './WhereFields'

type ChangeProps = {
  view: AppointmentView
  onClose: () => void
  onChanged: (view: AppointmentView) => void
}

/** Who is expected and where the patient is. Only those whom it concerns are told. */
export function ChangeDialog({ view, onClose, onChanged }: ChangeProps) {
  const { booking, common } = words.value
  const { appointment } = view.row
  const [draft, setDraft] = useState<Draft>(() => draftOf(view, namesIn(view.row)))
  const [reach, setReach] = useState<Reach>('this')
  const [told, setTold] = useState(false)
  const { busy, problem, run } = useDoing()
  const places = useReading<{ items: MeetingPlace[] }>(
    `/api/places${query({ establishment: appointment.establishment })}`,
  )
  const set = (part: Partial<Draft>) => setDraft((before) => ({ ...before, ...part }))
  const clash = problem?.code === 'conflict' ? (problem.conflicts ?? []) : []
  const save = async () => {
    setTold(true)
    if (missingIn(draft).length > 0) return
    const answer = await run(() =>
      put<AppointmentView>(
        `/api/appointments/${appointment.id}`,
        {
          ...changeOf(draft, view),
          ...(appointment.series ? { reach } : {}),
          ...(clash.length > 0 ? { anyway: true } : {}),
        },
        appointment.version,
      ),
    )
    if (answer) onChanged(answer.data)
  }
  return (
    <Dialog title={booking.view.changeTitle} onClose={onClose}>
      <p class="soft">{booking.view.changeText}</p>
      {draft.kind === 'consultation' && (
        <WhereFields draft={draft} set={set} places={places.data?.items ?? []} told={told} />
      )}
      <TeamChoice draft={draft} set={set} />
      <Guests draft={draft} set={set} told={told} />
      {appointment.series && <ReachField reach={reach} onReach={setReach} />}
      <Conflicts conflicts={clash} zone={appointment.zone} />
      {clash.length === 0 && <ProblemNote problem={problem} />}
      <div class="actions actions--row">
        <button
          type="button"
          class={clash.length ? 'button button--warn' : 'button button--primary'}
          aria-disabled={busy}
          onClick={() => void save()}
        >
          {clash.length ? booking.conflicts.anyway : common.actions.save}
        </button>
        <button type="button" class="button" onClick={onClose}>
          {common.actions.cancel}
        </button>
      </div>
    </Dialog>
  )
}
