import type { Message } from '../api'
import { useDoing } from '../parts/doing'
import { ProblemNote } from '../parts/Problem'
import { post } from '../request'
import { words } from '../words'

type WayProps = {
  sent: Message
  resend: string // path
  again: () => Promise<void>
}

/** How far a document is on its way into the record, and why it is not there. */
export function Way({ sent, resend, again }: WayProps) {
  const { report, common } = words.value
  const { busy, problem, run } = useDoing()
  const { state, attempts, reason, error, purpose } = sent
  const sendAgain = () =>
    run(async () => {
      await post(resend)
      await again()
    })
  const ways = purpose === 'report-withdrawal' ? report.taken : report.sent
  const unsent = state === 'waiting' || state === 'failed'
  const why = report.reasons[reason as keyof typeof report.reasons] ?? common.reasons[reason]
  return (
    <div data-state={state}>
      <p role="status">
        <span class={state === 'failed' ? 'chip chip--warn' : 'chip'}>{ways[state]}</span>
      </p>
      {unsent && why && <p>{why}</p>}
      {unsent && error && <p class="soft">{common.details(error)}</p>}
      {unsent && attempts > 0 && (
        <button type="button" class="button" aria-disabled={busy} onClick={() => void sendAgain()}>
          {report.resend}
        </button>
      )}
      <ProblemNote problem={problem} />
    </div>
  )
}
