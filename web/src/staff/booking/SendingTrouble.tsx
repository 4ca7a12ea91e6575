import type { Message } from '../api'
import { words } from '../words'

/** Why a message has not left and what to do; what the other server said is for IT. */
export function SendingTrouble({ message }: { message: Message }) {
  const { view } = words.value.booking
  const { common } = words.value
  if (!message.error || message.state === 'sent') return null
  return (
    <>
      {message.state === 'failed' && <p>{view.failed}</p>}
      {message.state === 'waiting' && <p>{view.retried}</p>}
      <p class="soft">{common.details(message.error)}</p>
    </>
  )
}
