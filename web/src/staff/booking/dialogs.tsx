import { useEffect, useState } from 'preact/hooks'
import { zoneWords } from '../../i18n/zone'
import { Dialog } from '../../pages/parts/Dialog'
import type { AppointmentView, Printable, Reach } from '../api'
import { clock, dateIn, dayName } from '../dates'
import { useDoing } from '../parts/doing'
import { CheckField, RadioField } from '../parts/Field'
import { ProblemNote } from '../parts/Problem'
import { post, put } from '../request'
import { words } from '../words'
import { Conflicts } from './Conflicts'
import { isOfTime, TimeFields } from './WhenFields'

type MoveProps = {
  view: AppointmentView
  onClose: () => void
  onMoved: (view: AppointmentView) => void
}

export function MoveDialog({ view, onClose, onMoved }: MoveProps) {
  const { booking, common } = words.value
  const { appointment } = view.row
  const [date, time] = appointment.localStart.split('T') as [string, string]
  const [when, setWhen] = useState({
    date,
    time: time.slice(0, 5),
    minutes: Math.round((appointment.endsAt - appointment.startsAt) / 60_000),
    later: false,
  })
  const [reach, setReach] = useState<Reach>('this')
  const { busy, problem, run } = useDoing()
  const clash = problem?.code === 'conflict' ? (problem.conflicts ?? []) : []
  const timing = !!problem && isOfTime(problem)
  const move = async (anyway: boolean) => {
    const answer = await run(() =>
      put<AppointmentView>(
        `/api/appointments/${appointment.id}`,
        {
          localStart: `${when.date}T${when.time}`,
          minutes: when.minutes,
          ...(when.later ? { later: true } : {}),
          ...(appointment.series ? { reach } : {}),
          ...(anyway ? { anyway: true } : {}),
        },
        appointment.version,
      ),
    )
    if (answer) onMoved(answer.data)
  }
  return (
    <Dialog title={booking.view.moveTitle} onClose={onClose}>
      <TimeFields
        {...when}
        zone={appointment.zone}
        problem={timing ? problem : undefined}
        wrong={when.date && when.time ? undefined : booking.when.missing}
        onChange={(part) => setWhen({ ...when, ...part })}
      />
      {appointment.series && <ReachField reach={reach} onReach={setReach} />}
      <Conflicts conflicts={clash} zone={appointment.zone} />
      {problem?.field === 'reach' ? (
        <p role="alert" class="trouble">
          {booking.series.fixed}
        </p>
      ) : (
        !timing && clash.length === 0 && <ProblemNote problem={problem} />
      )}
      <div class="actions actions--row">
        <button
          type="button"
          class={clash.length ? 'button button--warn' : 'button button--primary'}
          aria-disabled={busy}
          onClick={() => void (when.date && when.time && move(clash.length > 0))}
        >
          {clash.length ? booking.conflicts.anyway : booking.view.move}
        </button>
        <button type="button" class="button" onClick={onClose}>
          {common.actions.cancel}
        </button>
      </div>
    </Dialog>
  )
}

export function ReachField({ reach, onReach }: { reach: Reach; onReach: (reach: Reach) => void }) {
  const { series } = words.value.booking
  return (
    <RadioField
      label={series.reach}
      value={reach}
      onValue={(value) => onReach(value as Reach)}
      options={[
        ['this', series.this],
        ['following', series.following],
      ]}
    />
  )
}

type CancelProps = {
  view: AppointmentView
  onClose: () => void
  onCancelled: (view: AppointmentView) => void
}

export function CancelDialog({ view, onClose, onCancelled }: CancelProps) {
  const { view: sentences } = words.value.booking
  const { appointment } = view.row
  const [tell, setTell] = useState(true)
  const [reach, setReach] = useState<Reach>('this')
  const { busy, problem, run } = useDoing()
  const cancel = async () => {
    const answer = await run(() =>
      post<AppointmentView>(
        `/api/appointments/${appointment.id}/cancel`,
        { tell, ...(appointment.series ? { reach } : {}) },
        appointment.version,
      ),
    )
    if (answer) onCancelled(answer.data)
  }
  return (
    <Dialog title={sentences.cancelTitle} onClose={onClose} question>
      <p>{sentences.cancelText}</p>
      {appointment.series && <ReachField reach={reach} onReach={setReach} />}
      <CheckField label={sentences.tell} checked={tell} onChecked={setTell} />
      <ProblemNote problem={problem} />
      <div class="actions">
        <button
          type="button"
          class="button button--danger"
          aria-disabled={busy}
          onClick={() => void cancel()}
        >
          {sentences.yesCancel}
        </button>
        <button type="button" class="button" onClick={onClose}>
          {sentences.noCancel}
        </button>
      </div>
    </Dialog>
  )
}

type PrintProps = { appointment: string; participant: string; onClose: () => void }

/** A link on paper, for whoever has neither mail nor SMS. */
export function PrintDialog({ appointment, participant, onClose }: PrintProps) {
  const { print } = words.value.booking
  const [page, setPage] = useState<Printable>()
  const { problem, run } = useDoing()
  const read = async () => {
    const answer = await run(() =>
      post<Printable>(`/api/appointments/${appointment}/participants/${participant}/print`),
    )
    if (answer) setPage(answer.data)
  }
  useEffect(() => void read(), [])
  return (
    <Dialog title={print.title} onClose={onClose}>
      <ProblemNote problem={problem} onRetry={() => void read()} />
      {page && (
        <>
          <div class="paper">
            <p>
              {print.when(
                dayName(dateIn(page.startsAt, page.zone)),
                clock(page.startsAt, page.zone) + zoneWords(page.startsAt, page.zone),
              )}
            </p>
            <p>{print.how}</p>
            <img class="qr" src={page.qr} alt={print.qr} width={220} height={220} />
            <p>
              <code class="secret">{page.address}</code>
            </p>
            <p>{print.early}</p>
          </div>
          <button type="button" class="button button--primary" onClick={() => window.print()}>
            {print.print}
          </button>
        </>
      )}
    </Dialog>
  )
}
