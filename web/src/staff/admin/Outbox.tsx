import { useState } from 'preact/hooks'
import type { Message, OutboxLine, OutboxState } from '../api'
import { SendingTrouble } from '../booking/SendingTrouble'
import { moment } from '../dates'
import { useFollowing } from '../desk/state'
import { useDoing } from '../parts/doing'
import { SelectField } from '../parts/Field'
import { ProblemNote } from '../parts/Problem'
import { post, query } from '../request'
import { may, me, sendable } from '../session'
import { words } from '../words'
import type { SectionProps } from './AdminPage'
import { useListing } from './pages'

const states: OutboxState[] = ['failed', 'waiting', 'sent', 'dropped']

/** What was to be sent and how it went, without names: failures first, in words. */
export function Outbox({ establishment }: SectionProps) {
  const { admin, booking, common } = words.value
  const { outbox: sentences } = admin
  const [state, setState] = useState<string>('failed')
  const { items, problem, again, more } = useListing<OutboxLine>(
    `/api/outbox${query({ establishment, state })}`,
  )
  useFollowing(again, ({ message }) => !!message)
  return (
    <section class="panelcard">
      <div class="toolbar">
        <SelectField
          label={sentences.state}
          value={state}
          onValue={setState}
          options={[
            ...states.map((one) => [one, booking.view.states[one]] as const),
            ['', sentences.all],
          ]}
        />
      </div>
      {sendable.value.length === 0 && <p class="note">{common.reasons.missing}</p>}
      <ProblemNote problem={problem} onRetry={() => void again()} />
      {items?.length === 0 && <p class="empty">{sentences.none}</p>}
      <ul class="lines-list">
        {items?.map((line) => (
          <OutboxItem key={line.message.id} line={line} again={again} />
        ))}
      </ul>
      {more && (
        <button type="button" class="button" onClick={() => void more()}>
          {common.actions.more}
        </button>
      )}
    </section>
  )
}

function OutboxItem({ line, again }: { line: OutboxLine; again: () => Promise<void> }) {
  const { admin, booking } = words.value
  const { outbox: sentences } = admin
  const { view, where } = booking
  const { message, startsAt, zone, kind } = line
  const { busy, problem, done, run } = useDoing()
  const resend = () =>
    run(async () => {
      await post<Message>(`/api/outbox/${message.id}/resend`)
      await again()
    }, sentences.resent)
  const { state, attempts, establishment } = message
  const unsent = state === 'failed' || (state === 'waiting' && attempts > 0)
  const resendable = unsent && may(me.value, 'outbox.resend', establishment)
  return (
    <li class="participant" data-state={message.state}>
      <div>
        <strong>
          {view.purposes[message.purpose as keyof typeof view.purposes] ?? message.purpose}
        </strong>{' '}
        {where.channels[message.channel]}{' '}
        <span class={message.state === 'failed' ? 'chip chip--warn' : 'chip'}>
          {view.states[message.state]}
        </span>
        <p class="soft">
          {[
            view.kinds[kind as keyof typeof view.kinds] ?? kind,
            startsAt ? sentences.appointment(moment(startsAt, zone)) : '',
            message.sentAt
              ? sentences.sent(moment(message.sentAt, zone))
              : sentences.due(moment(message.dueAt, zone)),
            message.attempts > 0 ? sentences.attempts(message.attempts) : '',
            message.state === 'waiting' && message.nextAt
              ? sentences.next(moment(message.nextAt, zone))
              : '',
          ]
            .filter((part) => part)
            .join(' · ')}
        </p>
        <SendingTrouble message={message} />
      </div>
      {resendable && (
        <button type="button" class="button" aria-disabled={busy} onClick={() => void resend()}>
          {sentences.resend}
        </button>
      )}
      <p role="status">{done}</p>
      <ProblemNote problem={problem} />
    </li>
  )
}
