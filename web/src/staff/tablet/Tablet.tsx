import { useEffect, useRef, useState } from 'preact/hooks'
import type { TabletDay } from '../api'
import { watchClock } from '../clock'
import { skew } from '../desk/live'
import { listen, type Flow } from '../events'
import { get, problemOf, type Problem } from '../request'
import { words } from '../words'
import { Call } from './Call'
import { enrol, forget, known, signIn, type Known } from './device'
import { Enrol, Idle, Message, Revoked } from './plain'
import { Consent, Identity, List, Ready } from './screens'
import { afterBack, afterIdling, afterReading, callsAgain, endingOf, next } from './steps'
import type { Step } from './steps'

/** The tablet on the trolley: it knows its place, and after each patient nothing of them. */
export function Tablet() {
  const { tablet } = words.value
  const [own, setOwn] = useState<Known | null>()
  const [revoked, setRevoked] = useState(false)
  useEffect(() => {
    document.title = `${tablet.title} – Draille`
  }, [tablet])
  useEffect(() => {
    known().then(
      (found) => setOwn(found ?? null),
      () => setOwn(null),
    )
  }, [])
  if (revoked)
    return (
      <Revoked
        onAgain={() => {
          setRevoked(false)
          void forget().finally(() => setOwn(null))
        }}
      />
    )
  if (own === undefined) return <p role="status">{words.value.common.loading}</p>
  if (own === null) return <Enrol onCode={async (code) => setOwn(await enrol(code))} />
  return <Enrolled own={own} onRevoked={() => setRevoked(true)} />
}

function Enrolled({ own, onRevoked }: { own: Known; onRevoked: () => void }) {
  const { day, problem, flow, read } = usePlace(own, onRevoked)
  const [step, setStep] = useState<Step>({ at: 'list' })
  useIdle(step, setStep)
  useBack(setStep)
  useEffect(() => {
    if (day) setStep((before) => afterReading(before, day.rows))
  }, [day])
  const rows = day?.rows ?? []
  const row = 'appointment' in step && rows.find((one) => one.appointment.id === step.appointment)
  const wipe = () => setStep({ at: 'list' })
  const common = { day, flow, problem, onRetry: () => void read(), onStop: wipe }

  switch (step.at) {
    case 'idle':
      return <Idle onShow={wipe} />
    case 'call':
      return (
        <Call
          address={step.address}
          back={words.value.tablet.after.button}
          onBack={wipe}
          onEnd={(ended) =>
            setStep({ at: 'after', ending: endingOf(ended), appointment: step.appointment })
          }
        />
      )
    case 'after': {
      const { appointment, ending } = step
      const again = () => setStep({ at: 'ready', appointment, by: '' })
      const { after } = words.value.tablet
      return (
        <Message
          text={{ ...after.endings[ending], wiped: after.text, button: after.button }}
          again={appointment && callsAgain(ending) ? after.again : undefined}
          onAgain={again}
          onBack={wipe}
        />
      )
    }
    case 'differs':
      return (
        <Message
          alert
          text={{
            title: words.value.tablet.identity.wrong,
            text: words.value.tablet.identity.stop,
            button: words.value.tablet.after.button,
          }}
          onBack={wipe}
        />
      )
    case 'refused':
      return (
        <Message
          text={{
            title: words.value.tablet.consent.refused,
            text: words.value.tablet.consent.refusedText,
            button: words.value.tablet.after.button,
          }}
          onBack={wipe}
        />
      )
  }
  if (row && step.at === 'identity')
    return (
      <Identity
        {...common}
        row={row}
        onChecked={(agreed, by) => setStep(agreed ? next(row, by) : { at: 'differs' })}
      />
    )
  if (row && step.at === 'consent')
    return (
      <Consent
        {...common}
        row={row}
        by={step.by}
        information={day?.information ?? ''}
        onDecided={(given) =>
          setStep(
            given ? { at: 'ready', appointment: step.appointment, by: step.by } : { at: 'refused' },
          )
        }
      />
    )
  if (row && step.at === 'ready')
    return (
      <Ready
        {...common}
        row={row}
        onCall={(address) => setStep({ at: 'call', appointment: step.appointment, address })}
      />
    )
  return (
    <List
      {...common}
      onChoose={({ appointment }) => setStep({ at: 'identity', appointment: appointment.id })}
      onAgain={({ appointment }) => setStep({ at: 'ready', appointment: appointment.id, by: '' })}
    />
  )
}

/** The list of the tablet's place, kept true by the stream; signs in again when it has to. */
function usePlace(own: Known, onRevoked: () => void) {
  const [day, setDay] = useState<TabletDay>()
  const [problem, setProblem] = useState<Problem>()
  const [flow, setFlow] = useState<Flow>('connecting')
  const [round, setRound] = useState(0)
  const latest = useRef(0)

  const read = async () => {
    const number = ++latest.current
    try {
      const now = await withSignIn(own, () => get<TabletDay>('/api/tablet/day'))
      if (number !== latest.current) return
      skew.value = now.now - Date.now()
      setDay(now)
      setProblem(undefined)
    } catch (error) {
      if (number !== latest.current) return
      const found = problemOf(error)
      if (ends(found)) onRevoked()
      else setProblem(found)
    }
  }
  useEffect(() => watchClock((moved) => moved && void read()), [own])
  useEffect(() => {
    let stop = () => {}
    let over = false
    void read().then(() => {
      if (over) return
      stop = listen({
        flow: (now) => {
          setFlow(now)
          // The cookie has ended, or the tablet is no longer welcome: reading finds out which.
          if (now === 'refused') void read().then(() => setRound((before) => before + 1))
        },
        connected: () => void read(),
        event: (name, data) => {
          if (name === 'ended' && (data as { reason: string }).reason === 'revoked') onRevoked()
          else if (name !== 'hello') void read()
        },
      })
    })
    return () => {
      over = true
      stop()
    }
  }, [own, round])
  return { day, problem, flow, read }
}

const ends = ({ code }: Problem) => code === 'revoked' || code === 'not-found'

async function withSignIn<T>(own: Known, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (problemOf(error).code !== 'signed-out') throw error
    await signIn(own)
    return work()
  }
}

/**
 * The device's way back leads to the list and no further: a swipe at the edge must not end a call,
 * nor leave the nurse before an empty page.
 */
function useBack(setStep: (change: (before: Step) => Step) => void): void {
  useEffect(() => {
    const stay = () => history.pushState('tablet', '')
    const back = () => {
      stay()
      setStep(afterBack)
    }
    if (history.state !== 'tablet') stay()
    addEventListener('popstate', back)
    return () => removeEventListener('popstate', back)
  }, [])
}

function useIdle(step: Step, setStep: (change: (before: Step) => Step) => void): void {
  const clocks = () => [Date.now(), performance.now()]
  const touched = useRef(clocks())
  useEffect(() => {
    const touch = () => {
      touched.current = clocks()
    }
    const events = ['pointerdown', 'keydown', 'input'] as const
    for (const name of events) addEventListener(name, touch, true)
    const look = () => setStep((before) => afterIdling(before, touched.current, clocks()))
    const timer = setInterval(look, 1_000)
    // A tablet that slept must not show, as it wakes, what it showed before.
    document.addEventListener('visibilitychange', look)
    return () => {
      for (const name of events) removeEventListener(name, touch, true)
      clearInterval(timer)
      document.removeEventListener('visibilitychange', look)
    }
  }, [])
  useEffect(() => {
    touched.current = clocks() // a call that ends is as good as a touch
  }, [step.at])
}
