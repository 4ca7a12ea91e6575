import { useEffect, useState } from 'preact/hooks'
import { forgetSession } from '../../engine/room/session'
import { openCall } from '../../opening'
import { readAddress } from '../../pages/address'
import { App } from '../../pages/App'

/**
 * The call of a patient, on this page: the invitation never stands in the address, where the next
 * one to hold the tablet could find it.
 */
export function Call({ address, onEnd }: { address: string; onEnd: () => void }) {
  const [call] = useState(() => openCall(readAddress(new URL(address, location.href))))
  const ended = call.place.value === 'ended'
  useEffect(() => {
    if (!ended) return
    forgetSession()
    onEnd()
  }, [ended])
  useEffect(
    () => () => {
      if (call.place.peek() !== 'ended') call.leave()
    },
    [call],
  )
  return ended ? null : <App call={call} />
}
