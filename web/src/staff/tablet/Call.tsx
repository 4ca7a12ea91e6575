import { useEffect, useRef, useState } from 'preact/hooks'
import type { Ended } from '../../engine/api'
import { forgetSession } from '../../engine/room/session'
import { openCall } from '../../openCall'
import { readAddress } from '../../pages/address'
import { App } from '../../pages/App'
import { recallReady } from '../../pages/lobby/remembered'
import { entersAtOnce } from './steps'

type Props = {
  address: string
  back: string // on the button that leads to the list before the call
  onBack: () => void
  onEnd: (ended?: Ended) => void
}

/**
 * The call of a patient, on this page: the invitation never stands in the address, where the next
 * one to hold the tablet could find it.
 */
export function Call({ address, back, onBack, onEnd }: Props) {
  const [call] = useState(() => openCall(readAddress(new URL(address, location.href))))
  const ended = call.place.value === 'ended'
  const tried = useRef(false)
  const { value: microphone } = call.microphone
  const { value: camera } = call.camera
  const name = call.me.value?.name ?? ''
  // « Appeler » was tapped: a trolley that has worked before does not ask a second time. Once: who
  // comes back to the lobby is to decide.
  useEffect(() => {
    if (tried.current || call.place.value !== 'lobby' || !recallReady()) return
    if (!entersAtOnce(name, microphone, camera)) return
    tried.current = true
    call.enter(name)
  }, [call.place.value, name, microphone, camera])
  useEffect(() => {
    if (!ended) return
    forgetSession()
    onEnd(call.ended.peek())
  }, [ended])
  useEffect(
    () => () => {
      if (call.place.peek() === 'ended') return
      call.leave()
      forgetSession()
    },
    [call],
  )
  return ended ? null : <App call={call} prepared back={{ words: back, go: onBack }} />
}
