import { useEffect, useRef, useState } from 'preact/hooks'
import type { Call, Ended } from '../engine/api'
import { words } from '../i18n'
import { CallPage } from './call/CallPage'
import { mayAdmit } from './call/desk'
import { endingOf, Goodbye } from './ended/Goodbye'
import { Lobby } from './lobby/Lobby'
import { Connection } from './parts/Connection'
import { useCallLock } from './parts/hooks'
import { PageTitle } from './parts/PageTitle'
import { Shell, type WayBack } from './parts/Shell'
import { TestConnection } from './parts/TestConnection'
import { WaitingRoom } from './waiting/WaitingRoom'

/**
 * The page for the place where the participant stands. Prepared: somebody has seen to the name, and
 * the lobby asks only for what is missing. Back: where they have come from.
 */
export function App({
  call,
  prepared = false,
  back,
}: {
  call: Call
  prepared?: boolean
  back?: WayBack
}) {
  // Kept while the page is open, for whoever leaves and comes back, and over a reload of the lobby;
  // a shared tablet must not keep it any longer.
  const [typedName, setTypedName] = useState(call.progress.typed)
  const setName = (name: string) => {
    setTypedName(name)
    call.remember({ typed: name })
  }
  useTitle(call)
  useLeaveWarning(call.place.value === 'room')
  useCallLock(call.place.value === 'room')
  useAdmissionChime(call)
  useIdleLobby(call)
  switch (call.place.value) {
    case 'connecting':
      return <Connecting call={call} back={back} />
    case 'lobby':
      return (
        <Lobby
          call={call}
          typedName={typedName}
          setName={setName}
          prepared={prepared}
          back={back}
        />
      )
    case 'waiting':
      return <WaitingRoom call={call} />
    case 'room':
      return <CallPage call={call} />
    case 'ended':
      return <Goodbye call={call} ended={endedOf(call)} back={back} />
  }
}

const endedOf = (call: Call): Ended => call.ended.value ?? { reason: 'left', canReturn: true }

function Connecting({ call, back }: { call: Call; back?: WayBack }) {
  const { connecting } = words.value
  return (
    <Shell banner={<Connection call={call} />} back={back}>
      <div class="step step--centred">
        <PageTitle>{connecting.title}</PageTitle>
        <p class="lead">{connecting.text}</p>
        <div class="breath" />
        {call.link.value.state === 'lost' && <TestConnection call={call} />}
      </div>
    </Shell>
  )
}

/**
 * The title of the tab; whoever may let people in sees there that somebody waits, even from another
 * tab.
 */
function useTitle(call: Call): void {
  const { call: inCall, connecting, lobby, waiting } = words.value
  const place = call.place.value
  const titles = {
    connecting: connecting.title,
    lobby: lobby.progress,
    waiting: waiting.document,
    room: inCall.title,
    ended: endingOf(call, endedOf(call)).title,
  }
  const count = place === 'room' && mayAdmit(call) ? call.waiting.value.length : 0
  const title = `${count > 0 ? `(${inCall.waitingCount(count)}) ` : ''}${titles[place]} – Draille`
  useEffect(() => {
    document.title = title
  }, [title])
}

/** ms without a touch or a key after which whoever opened the lobby has gone. */
const idleAfterMs = 30 * 60_000

/** A lobby that is left alone ends: the next patient at a shared tablet must not enter by it. */
function useIdleLobby(call: Call): void {
  const watched = call.place.value === 'lobby' && call.me.value?.role === 'guest'
  useEffect(() => {
    if (!watched) return
    let timer: ReturnType<typeof setTimeout>
    const touched = () => {
      clearTimeout(timer)
      timer = setTimeout(() => call.leave(), idleAfterMs)
    }
    touched()
    addEventListener('pointerdown', touched, true)
    addEventListener('keydown', touched, true)
    return () => {
      clearTimeout(timer)
      removeEventListener('pointerdown', touched, true)
      removeEventListener('keydown', touched, true)
    }
  }, [watched])
}

/** Whoever waits may be looking elsewhere when the door opens. */
function useAdmissionChime(call: Call): void {
  const place = call.place.value
  const before = useRef(place)
  useEffect(() => {
    if (before.current === 'waiting' && place === 'room') void call.chime()
    before.current = place
  }, [place])
}

/** The browser asks before the tab of a running call is closed, and only then. */
function useLeaveWarning(inRoom: boolean): void {
  useEffect(() => {
    if (!inRoom) return
    const warn = (event: BeforeUnloadEvent) => {
      event.preventDefault()
      event.returnValue = '' // what browsers before 2024 need
    }
    addEventListener('beforeunload', warn)
    return () => removeEventListener('beforeunload', warn)
  }, [inRoom])
}
