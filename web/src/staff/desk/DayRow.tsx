import { zoneWords } from '../../i18n/zone'
import { Icon } from '../../pages/parts/icons'
import type { Row } from '../api'
import { clock } from '../dates'
import { useDoing } from '../parts/doing'
import { ProblemNote } from '../parts/Problem'
import { Refused } from '../request'
import { to } from '../route'
import { may, me } from '../session'
import { words } from '../words'
import { begin } from './begin'
import { hush, ringing } from './live'
import { peopleOf, stateWords, titleOf } from './state'

/** One appointment in a list: when, who, where, how it stands, and one tap to begin. */
export function DayRow({ row, now, level = 3 }: { row: Row; now: number; level?: 3 | 4 }) {
  const { day } = words.value
  const { appointment } = row
  const people = peopleOf(row)
  const Heading = `h${level}` as 'h3'
  const rings = ringing.value.some((one) => one.appointment.id === appointment.id)
  return (
    <li class={`row row--${row.live}`} data-appointment={appointment.id}>
      <p class="row-time">
        <time dateTime={new Date(appointment.startsAt).toISOString()}>
          {clock(appointment.startsAt, appointment.zone)}
        </time>
        <span class="soft">{clock(appointment.endsAt, appointment.zone)}</span>
        <span class="soft">{zoneWords(appointment.startsAt, appointment.zone)}</span>
      </p>
      <div class="row-body">
        <Heading class="row-title">
          <a href={to('appointment', appointment.id)}>{titleOf(row)}</a>
        </Heading>
        <p class="row-line">
          <span class={`state state--${row.live}`}>{stateWords(row, now)}</span>
          {row.queue && <span class="chip">{day.queue}</span>}
          {row.consent && (
            <span class={row.consent === 'given' ? 'chip' : 'chip chip--warn'}>
              {day.consent[row.consent]}
            </span>
          )}
          {row.undelivered > 0 && (
            <span class="chip chip--warn">{day.undelivered(row.undelivered)}</span>
          )}
        </p>
        <p class="row-line soft">
          {[row.placeName || (row.patient ? day.ownDevice : ''), people.join(', '), row.serviceName]
            .filter((part) => part)
            .join(' · ')}
        </p>
      </div>
      <RowActions row={row} rings={rings} />
    </li>
  )
}

function RowActions({ row, rings }: { row: Row; rings: boolean }) {
  const { day } = words.value
  const { busy, problem, run } = useDoing()
  const { id, establishment, service } = row.appointment
  const over = row.live === 'over' || row.live === 'noshow' || row.live === 'cancelled'
  const hosts = may(me.value, 'call.host', establishment, service)
  const start = () =>
    run(async () => {
      const trouble = await begin(id)
      if (trouble) throw new Refused(trouble)
      hush(id)
    })
  return (
    <div class="row-actions">
      {row.mayBegin && !over && (
        <button
          type="button"
          class={row.live === 'waiting' ? 'button button--primary button--large' : 'button'}
          aria-disabled={busy}
          onClick={() => void start()}
        >
          <Icon name="camera" />
          {busy ? day.opening : row.live === 'ongoing' || !hosts ? day.join : day.begin}
          <span class="unseen"> : {titleOf(row)}</span>
        </button>
      )}
      {rings && (
        <button type="button" class="button button--quiet" onClick={() => hush(id)}>
          {day.sound.hush}
        </button>
      )}
      <ProblemNote problem={problem} />
    </div>
  )
}
