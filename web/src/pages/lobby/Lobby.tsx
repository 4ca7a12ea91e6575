import { useState } from 'preact/hooks'
import type { Call } from '../../engine/api'
import { Connection } from '../parts/Connection'
import { Meeting } from '../parts/house'
import { useNotices } from '../parts/hooks'
import { Shell, type WayBack } from '../parts/Shell'
import { EveryStep } from './EveryStep'
import { forgetReady, recallReady, rememberReady } from './remembered'
import { WelcomeBack } from './WelcomeBack'

/**
 * The lobby: step by step the first time, one screen for whoever comes back with a device that
 * worked.
 */
export function Lobby({
  call,
  typedName,
  setName,
  prepared,
  back,
}: {
  call: Call
  typedName: string | undefined
  setName: (name: string) => void
  prepared: boolean
  back?: WayBack
}) {
  const [remembered, setRemembered] = useState(recallReady)
  const name = typedName ?? call.me.value?.name ?? ''
  const [entering, setEntering] = useState(false)
  const [tested, setTested] = useState(false) // every step was asked for
  useNotices(call, (notice) => {
    if (notice.kind === 'error') setEntering(false)
  })

  const enter = () => {
    const { camera, microphone } = call
    rememberReady({
      video: camera.value.wanted,
      sound: microphone.value.wanted,
      works: !microphone.value.trouble && !camera.value.trouble,
    })
    setEntering(true)
    call.enter(name.trim())
  }
  const testEverything = () => {
    forgetReady()
    call.remember({ step: 'name' })
    setRemembered(undefined)
    setTested(true)
  }

  const door = { call, name, setName, entering, enter }
  return (
    <Shell banner={<Connection call={call} />} back={back}>
      <Meeting call={call} />
      {remembered ? (
        <WelcomeBack {...door} before={remembered} onTest={testEverything} />
      ) : (
        <EveryStep {...door} short={prepared && !tested} />
      )}
    </Shell>
  )
}
