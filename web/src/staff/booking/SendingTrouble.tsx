import type { Message } from '../api'
import { words } from '../words'

/** Why a message has not left and what to do; what the other server said is for IT. */
export function SendingTrouble({ message }: { message: Message }) {
  const { common } = words.value
  const { reason, error, state } = message
  if (!reason || state === 'sent') return null
  return (
    <>
      <p>{common.reasons[reason]}</p>
      {error && <p class="soft">{common.details(error)}</p>}
    </>
  )
}
