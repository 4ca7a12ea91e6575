import { useState } from 'preact/hooks'
import { zoneWords } from '../../i18n/zone'
import { Icon } from '../../pages/parts/icons'
import type { AppointmentView, Link, Participant, SentTo } from '../api'
import { clock, dateIn, dayName, moment } from '../dates'
import { begin } from '../desk/begin'
import { seen } from '../desk/live'
import { namesIn, stateWords, titleOf, useFollowing, useServerNow } from '../desk/state'
import { useDoing } from '../parts/doing'
import { Frame } from '../parts/Frame'
import { ProblemNote } from '../parts/Problem'
import { useReading } from '../parts/reading'
import { ReportCard } from '../report/ReportCard'
import { post, Refused, remove } from '../request'
import { to } from '../route'
import { may, me } from '../session'
import { MeetingThread } from '../thread/MeetingThread'
import { words } from '../words'
import { ChangeDialog } from './ChangeDialog'
import { CancelDialog, MoveDialog, PrintDialog } from './dialogs'
import { PatientTraits } from './PatientChoice'
import { PatientDialog } from './PatientDialog'
import { ConsentCard, IdentityCard } from './Presence'
import { SendingTrouble } from './SendingTrouble'

/** One appointment: what it is, who has which link, what was sent, and what may be done. */
export function AppointmentPage({ id, made }: { id: string; made: boolean }) {
  const { booking, common } = words.value
  const { view: sentences } = booking
  const path = `/api/appointments/${encodeURIComponent(id)}`
  const { data: view, problem, again } = useReading<AppointmentView>(path)
  // Whatever is told of it: what the page shows beside the row is read anew.
  useFollowing(
    again,
    ({ row, message }) => row?.appointment.id === id || message?.appointment === id,
  )
  return (
    <Frame title={sentences.title} help="appointment">
      <p>
        <a class="inlink" href={to('day')}>
          {sentences.back}
        </a>
        {made && (
          <>
            {' · '}
            <a class="inlink" href={to('book')}>
              {booking.another}
            </a>
          </>
        )}
      </p>
      {made && (
        <p role="status" class="verdict">
          <Icon name="check" />
          {booking.done}
        </p>
      )}
      <ProblemNote problem={problem} onRetry={() => void again()} />
      {!view && !problem && <p role="status">{common.loading}</p>}
      {view && <Body view={view} again={again} />}
    </Frame>
  )
}

type BodyProps = { view: AppointmentView; again: () => Promise<void> }

function Body({ view, again }: BodyProps) {
  const { booking, day } = words.value
  const { view: sentences, series } = booking
  const now = useServerNow()
  const { row } = view
  const { appointment } = row
  const date = dateIn(appointment.startsAt, appointment.zone)
  const { establishment, service } = appointment
  const [correcting, setCorrecting] = useState(false)
  const corrects = may(me.value, 'patient.write', establishment)
  const records = appointment.patient && may(me.value, 'consent.write', establishment, service)
  return (
    <>
      <section class="panelcard">
        <div class="panelcard-head">
          <h2>{titleOf(row)}</h2>
          <span class={`state state--${row.live}`}>{stateWords(row, now)}</span>
        </div>
        <dl class="facts">
          {row.patient && (
            <div>
              <dt>{sentences.patient}</dt>
              <dd>
                <PatientTraits patient={row.patient} />
                {corrects && (
                  <button type="button" class="button" onClick={() => setCorrecting(true)}>
                    {booking.who.correct}
                  </button>
                )}
              </dd>
            </div>
          )}
          <div>
            <dt>{sentences.when}</dt>
            <dd>
              {dayName(date)}, {clock(appointment.startsAt, appointment.zone)} –{' '}
              {clock(appointment.endsAt, appointment.zone)}
              {zoneWords(appointment.startsAt, appointment.zone)}
              {appointment.series && <span class="soft"> {series.part}</span>}
            </dd>
          </div>
          <div>
            <dt>{sentences.where}</dt>
            <dd>
              {[row.placeName || (row.patient ? day.ownDevice : ''), row.serviceName]
                .filter((part) => part)
                .join(' · ')}
            </dd>
          </div>
        </dl>
        <Deeds view={view} again={again} />
        {correcting && (
          <PatientDialog
            patient={appointment.patient}
            establishment={establishment}
            onClose={() => setCorrecting(false)}
            onSaved={() => {
              setCorrecting(false)
              void again()
            }}
          />
        )}
      </section>
      {view.participants.length > 0 && <Participants view={view} again={again} />}
      {records && view.patient && <IdentityCard view={view} />}
      {records && <ConsentCard view={view} again={again} />}
      {appointment.endedAt > 0 && may(me.value, 'report.view', establishment, service) && (
        <ReportCard appointment={appointment} />
      )}
      {appointment.kind === 'telestaff' && <MeetingThread appointment={appointment} />}
      {(row.mayWrite || view.messages.length > 0) && <Messages view={view} />}
    </>
  )
}

/** Begin, move, cancel, and how it went. */
function Deeds({ view, again }: BodyProps) {
  const now = useServerNow()
  const { booking, day } = words.value
  const { view: sentences } = booking
  const [asked, setAsked] = useState<'move' | 'change' | 'cancel'>()
  const { busy, problem, done, run, setDone } = useDoing()
  const { row } = view
  const { id, version, status, beganAt, establishment, service } = row.appointment
  const open = status === 'booked'
  // Once they have met, the report hangs on the time: the server moves and cancels it no more.
  const met = beganAt > 0
  const hosts = may(me.value, 'call.host', establishment, service)
  const outcome = (next: 'fulfilled' | 'noshow') =>
    run(async () => {
      const answer = await post<AppointmentView>(
        `/api/appointments/${id}/outcome`,
        { status: next },
        version,
      )
      seen(answer.row)
      await again()
    })
  const start = () =>
    run(async () => {
      const trouble = await begin(id)
      if (trouble) throw new Refused(trouble)
    })
  const finish = async (answer: AppointmentView, success: string) => {
    setAsked(undefined)
    setDone(success)
    seen(answer.row)
    await again()
  }
  return (
    <>
      <div class="actions actions--row">
        {row.mayBegin && open && (
          <button
            type="button"
            class="button button--primary"
            aria-disabled={busy}
            onClick={() => void start()}
          >
            <Icon name="camera" />
            {row.live === 'ongoing' || !hosts ? day.join : day.begin}
          </button>
        )}
        {row.mayWrite && open && (
          <>
            {!met && (
              <button type="button" class="button" onClick={() => setAsked('move')}>
                {sentences.move}
              </button>
            )}
            <button type="button" class="button" onClick={() => setAsked('change')}>
              {sentences.change}
            </button>
            {!met && (
              <button type="button" class="button" onClick={() => setAsked('cancel')}>
                {sentences.cancel}
              </button>
            )}
          </>
        )}
      </div>
      {row.mayWrite && status !== 'cancelled' && row.appointment.startsAt < now && (
        <div role="group" aria-label={sentences.outcome} class="actions actions--row">
          <span class="soft">{sentences.outcome}</span>
          {(['fulfilled', 'noshow'] as const).map((one) => (
            <button
              key={one}
              type="button"
              class={status === one ? 'button button--on' : 'button'}
              aria-pressed={status === one}
              aria-disabled={busy}
              onClick={() => void outcome(one)}
            >
              {sentences[one]}
            </button>
          ))}
        </div>
      )}
      <p role="status">{done}</p>
      <ProblemNote problem={problem} />
      {asked === 'move' && (
        <MoveDialog
          view={view}
          onClose={() => setAsked(undefined)}
          onMoved={(answer) => void finish(answer, sentences.moved)}
        />
      )}
      {asked === 'change' && (
        <ChangeDialog
          view={view}
          onClose={() => setAsked(undefined)}
          onChanged={(answer) => void finish(answer, sentences.changed)}
        />
      )}
      {asked === 'cancel' && (
        <CancelDialog
          view={view}
          onClose={() => setAsked(undefined)}
          onCancelled={(answer) => void finish(answer, sentences.cancelled)}
        />
      )}
    </>
  )
}

function Participants({ view, again }: BodyProps) {
  const { view: sentences } = words.value.booking
  const { run, problem, done, busy } = useDoing()
  const [printed, setPrinted] = useState<string>()
  const { id, establishment, service, status } = view.row.appointment
  const sends = status === 'booked' && may(me.value, 'link.send', establishment, service)
  const names = namesIn(view.row)
  const send = (participants: string[], renew: boolean) =>
    run(async () => {
      const sent = await post<SentTo[]>(`/api/appointments/${id}/send`, { participants, renew })
      await again()
      if (!sent.some(({ message }) => message)) throw new Nothing()
    }, sentences.sent)
  const revoke = (link: string) =>
    run(async () => {
      await remove(`/api/appointments/${id}/links/${link}`)
      await again()
    }, sentences.revoked)
  const guests = view.participants.filter(({ kind }) => kind !== 'person' && kind !== 'place')
  return (
    <section class="panelcard" aria-labelledby="participants">
      <h2 id="participants">{sentences.participants}</h2>
      <ul class="lines-list">
        {view.participants.map((one) => (
          <ParticipantLine
            key={one.id}
            participant={one}
            name={names.get(one.id) ?? one.name}
            present={view.row.present.includes(one.id)}
            link={currentLink(view.links, one.id)}
            zone={view.row.appointment.zone}
            sends={sends}
            onSend={(renew) => void send([one.id], renew)}
            onPrint={() => setPrinted(one.id)}
            onRevoke={(link) => void revoke(link)}
          />
        ))}
      </ul>
      {sends && guests.length > 1 && (
        <button
          type="button"
          class="button"
          aria-disabled={busy}
          onClick={() => void send([], false)}
        >
          {sentences.send}
        </button>
      )}
      <p role="status">{done}</p>
      <ProblemNote problem={problem} />
      {printed && (
        <PrintDialog appointment={id} participant={printed} onClose={() => setPrinted(undefined)} />
      )}
    </section>
  )
}

/** The server had nothing to send: nobody of them has an address. */
class Nothing extends Refused {
  constructor() {
    super({ code: 'channel-missing', message: 'none of them has a mail address or a number' })
  }
}

function currentLink(links: Link[], participant: string): Link | undefined {
  const own = links.filter((link) => link.participant === participant)
  return own.find((link) => !link.revokedAt) ?? own.at(-1)
}

type LineProps = {
  participant: Participant
  name: string
  present: boolean
  link?: Link
  zone: string
  sends: boolean
  onSend: (renew: boolean) => void
  onPrint: () => void
  onRevoke: (link: string) => void
}

function ParticipantLine({ participant, name, present, link, zone, sends, ...on }: LineProps) {
  const { view: sentences } = words.value.booking
  const { kind, email, phone, channel } = participant
  const linked = kind !== 'person' && kind !== 'place'
  const contact = channel === 'mail' ? email : channel === 'sms' ? phone : ''
  const state = !link
    ? ''
    : link.revokedAt
      ? sentences.linkRevoked
      : link.usedAt
        ? sentences.linkUsed(moment(link.usedAt, zone))
        : sentences.linkNew
  return (
    <li class="participant">
      <div>
        <strong>{name}</strong> <span class="soft">{sentences.kinds[kind]}</span>
        {present && <span class="chip chip--good">{sentences.present}</span>}
        {(contact || state) && (
          <p class="soft">{[contact, state].filter((part) => part).join(' · ')}</p>
        )}
      </div>
      {sends && linked && (
        <div class="actions actions--row">
          {channel !== 'none' && channel !== 'print' && (
            <>
              <button type="button" class="button" onClick={() => on.onSend(false)}>
                {sentences.sendOne}
                <span class="unseen"> : {name}</span>
              </button>
              <button type="button" class="button" onClick={() => on.onSend(true)}>
                {sentences.renew}
                <span class="unseen"> : {name}</span>
              </button>
            </>
          )}
          <button type="button" class="button" onClick={on.onPrint}>
            {sentences.print}
            <span class="unseen"> : {name}</span>
          </button>
          {link && !link.revokedAt && (
            <button type="button" class="button" onClick={() => on.onRevoke(link.id)}>
              {sentences.revoke}
              <span class="unseen"> : {name}</span>
            </button>
          )}
        </div>
      )}
    </li>
  )
}

function Messages({ view }: { view: AppointmentView }) {
  const { view: sentences, where } = words.value.booking
  const names = namesIn(view.row)
  const { zone } = view.row.appointment
  return (
    <section class="panelcard" aria-labelledby="messages">
      <h2 id="messages">{sentences.messages}</h2>
      {view.messages.length === 0 && <p class="soft">{sentences.noMessages}</p>}
      <ul class="lines-list">
        {view.messages.map((message) => (
          <li key={message.id} class="message" data-state={message.state}>
            <strong>
              {sentences.purposes[message.purpose as keyof typeof sentences.purposes] ??
                message.purpose}
            </strong>{' '}
            {names.get(message.participant)} {where.channels[message.channel]}
            <span class={message.state === 'failed' ? 'chip chip--warn' : 'chip'}>
              {sentences.states[message.state]}
            </span>
            <span class="soft"> {moment(message.sentAt || message.dueAt, zone)}</span>
            <SendingTrouble message={message} />
          </li>
        ))}
      </ul>
    </section>
  )
}
