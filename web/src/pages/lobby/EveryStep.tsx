import { useEffect, useRef, useState } from 'preact/hooks'
import type { Call } from '../../engine/api'
import { cleanName } from '../../engine/room/text'
import { words } from '../../i18n'
import { DeviceChoice } from '../parts/DeviceChoice'
import { Icon } from '../parts/icons'
import { Meter } from '../parts/Meter'
import { PageTitle } from '../parts/PageTitle'
import { TestConnection } from '../parts/TestConnection'
import {
  Actions,
  deviceWords,
  type Door,
  isStaff,
  Mirror,
  MirrorAndSwitches,
  NameField,
  OwnName,
  StepWithMirror,
  useNamed,
} from './parts'
import { numberOf, stepAfter, stepBefore, type Step, type Way } from './steps'
import { Trouble, troublesOf, Without } from './Trouble'

/**
 * The lobby of somebody who comes for the first time; short: on a device that was prepared. Staff
 * are known to whoever invited them.
 */
export function EveryStep({ short, ...door }: Door & { short: boolean }) {
  const { call } = door
  const [named] = useState(short || isStaff(call))
  const [{ step: reached = 'name', video = true }] = useState(call.progress)
  // What was reached before a reload has need of the devices, which are open no more.
  const [step, setStep] = useState<Step>(named || reached !== 'name' ? 'permission' : 'name')
  const [way, setWay] = useState<Way>({ video, allowed: false, short, named })
  const asks = step === 'permission'
  useEffect(() => {
    if (!asks) call.remember({ step, video: way.video })
  }, [step])

  const onward = (found: Way = way) => {
    const now = { ...found, short, named }
    setWay(now)
    setStep(stepAfter(step, now, asks ? (reached as Step) : step))
  }
  const before = stepBefore(step, way)
  const place: StepProps = { ...door, way, onward, onBack: before && (() => setStep(before)) }
  const Now = screens[step]
  return (
    <>
      {!short && <Progress number={numberOf(step, way)} steps={numberOf('ready', way)} />}
      <Now key={step} {...place} />
    </>
  )
}

type StepProps = Door & {
  way: Way
  onward: (way?: Way) => void
  onBack: (() => void) | undefined
}

const screens: Record<Step, (props: StepProps) => preact.JSX.Element> = {
  name: Name,
  permission: Permission,
  see: See,
  speak: Speak,
  hear: Hear,
  ready: Ready,
}

function Progress({ number, steps }: { number: number; steps: number }) {
  const { lobby } = words.value
  return (
    <div class="progress">
      <p class="progress-words">{lobby.step(number, steps)}</p>
      <progress class="progress-bar" value={number} max={steps} aria-label={lobby.progress} />
    </div>
  )
}

function Back({ onBack }: { onBack: (() => void) | undefined }) {
  if (!onBack) return null
  return (
    <button type="button" class="button button--quiet" onClick={onBack}>
      <Icon name="back" />
      {words.value.actions.back}
    </button>
  )
}

function Name({ onward, ...door }: StepProps) {
  const { goOn, waits, write, missing } = useNamed(door, onward)
  const submit = (event: Event) => {
    event.preventDefault()
    goOn()
  }
  return (
    <form class="step" noValidate onSubmit={submit}>
      <PageTitle>{words.value.lobby.name.title}</PageTitle>
      <NameField name={door.name} setName={write} missing={missing} />
      <Actions>
        <button type="submit" class="button button--primary button--large" aria-disabled={waits}>
          {words.value.actions.next}
        </button>
      </Actions>
    </form>
  )
}

/** Whether the browser will not ask: then nobody needs to be told that it will. */
async function alreadyAllowed(video: boolean): Promise<boolean> {
  try {
    const asked = await Promise.all(
      ['microphone', ...(video ? ['camera'] : [])].map((name) =>
        navigator.permissions.query({ name: name as PermissionName }),
      ),
    )
    return asked.every((permission) => permission.state === 'granted')
  } catch {
    return false // older browsers do not tell
  }
}

function Permission({ call, way, onward, onBack }: StepProps) {
  const { actions, lobby } = words.value
  const [asking, setAsking] = useState(false)
  const [tried, setTried] = useState(false)
  // Whether the person must be asked: a button that goes away by itself is not shown.
  const [needed, setNeeded] = useState(false)
  const troubles = tried && !asking ? troublesOf(call) : {}
  const here = useRef(true) // false once the person has gone back: a late answer leads nowhere

  const ask = async (video: boolean) => {
    setAsking(true)
    await call.openDevices({ microphone: true, camera: video }).catch(() => undefined)
    if (!here.current) return
    setAsking(false)
    setTried(true)
    setNeeded(true)
    const { camera, microphone } = troublesOf(call)
    if (!camera && !microphone) onward({ video, allowed: true })
  }
  useEffect(() => {
    void alreadyAllowed(way.video).then((allowed) => {
      if (!here.current) return
      setNeeded(!allowed)
      if (allowed) void ask(way.video)
    })
    return () => {
      here.current = false
    }
  }, [])

  const troubled = troubles.camera !== undefined || troubles.microphone !== undefined
  return (
    <div class="step">
      <PageTitle>{lobby.permission.title}</PageTitle>
      {!troubled && <p role="status">{asking ? lobby.permission.asking : lobby.permission.text}</p>}
      <Trouble {...troubles} />
      <Actions>
        {(needed || troubled) && (
          <button
            type="button"
            class="button button--primary button--large"
            aria-disabled={asking}
            onClick={() => void (asking || ask(true))}
          >
            {troubled ? actions.retry : actions.allow}
          </button>
        )}
        {troubled ? (
          <Without
            call={call}
            troubles={troubles}
            done={() => onward({ video: call.camera.peek().wanted, allowed: true })}
          />
        ) : (
          needed && (
            <button
              type="button"
              class="button"
              aria-disabled={asking}
              onClick={() => void (asking || ask(false))}
            >
              {actions.withoutVideo}
            </button>
          )
        )}
        <Back onBack={onBack} />
      </Actions>
    </div>
  )
}

function See({ call, name, onward, onBack }: StepProps) {
  const { actions, lobby } = words.value
  const camera = call.camera.value
  const withoutVideo = async () => {
    await call.setCamera(false)
    onward({ video: false, allowed: true })
  }
  const head = (
    <>
      <PageTitle>{lobby.see.title}</PageTitle>
      {!camera.trouble && <p>{lobby.see.text}</p>}
      <Trouble camera={camera.trouble} />
    </>
  )
  return (
    <StepWithMirror head={head} mirror={<Mirror call={call} name={name} />}>
      {camera.choices.length > 1 && (
        <DeviceChoice
          label={lobby.see.choose}
          {...camera}
          onChoose={(id) => void call.chooseCamera(id)}
        />
      )}
      <Actions>
        <button
          type="button"
          class="button button--primary button--large"
          onClick={() => (camera.trouble ? void call.setCamera(true) : onward())}
        >
          {camera.trouble ? actions.retry : actions.seeMyself}
        </button>
        <button type="button" class="button" onClick={() => void withoutVideo()}>
          {actions.withoutVideo}
        </button>
        <Back onBack={onBack} />
      </Actions>
    </StepWithMirror>
  )
}

/**
 * A level that a voice reaches and a quiet room does not, and how many measurements (one a frame)
 * must reach it.
 */
const voiceLevel = 0.4
const voiceMoments = 8
const silenceAfterMs = 8000

/** Whether the microphone has heard its owner, and whether it has heard nothing for long. */
function useVoice(call: Call): { heard: boolean; silent: boolean } {
  const [heard, setHeard] = useState(false)
  const [silent, setSilent] = useState(false)
  useEffect(() => {
    let moments = 0
    const stop = call.audioLevel.subscribe((level) => {
      if (level >= voiceLevel && ++moments >= voiceMoments) setHeard(true)
    })
    const timer = setTimeout(() => setSilent(true), silenceAfterMs)
    return () => {
      stop()
      clearTimeout(timer)
    }
  }, [call])
  return { heard, silent: silent && !heard }
}

function Speak({ call, onward, onBack }: StepProps) {
  const { actions, lobby } = words.value
  const { heard, silent } = useVoice(call)
  const microphone = call.microphone.value
  return (
    <div class="step">
      <PageTitle>{microphone.wanted ? lobby.speak.title : lobby.speak.none}</PageTitle>
      {microphone.wanted ? (
        <>
          <p role="status">
            {heard ? lobby.speak.heard : silent ? lobby.speak.silence : lobby.speak.text}
          </p>
          <Trouble microphone={microphone.trouble} />
          <Meter level={call.audioLevel} label={lobby.speak.level} />
        </>
      ) : (
        <p>{lobby.speak.noneText}</p>
      )}
      {microphone.choices.length > 1 && (
        <DeviceChoice
          label={lobby.speak.choose}
          {...microphone}
          onChoose={(id) => void call.chooseMicrophone(id)}
        />
      )}
      <Actions>
        <button type="button" class="button button--primary button--large" onClick={() => onward()}>
          {actions.next}
        </button>
        {microphone.trouble && (
          <button type="button" class="button" onClick={() => void call.setMicrophone(true)}>
            {actions.retry}
          </button>
        )}
        <Back onBack={onBack} />
      </Actions>
    </div>
  )
}

type Tone = 'before' | 'playing' | 'asked' | 'unheard' | 'failed'

function Hear({ call, onward, onBack }: StepProps) {
  const { actions, lobby } = words.value
  const [tone, setTone] = useState<Tone>('before')
  const speaker = call.speaker.value

  const play = async () => {
    setTone('playing')
    try {
      await call.playTone()
      setTone('asked')
    } catch {
      setTone('failed')
    }
  }
  const sentence = {
    before: lobby.hear.text,
    playing: lobby.hear.playing,
    asked: lobby.hear.question,
    unheard: lobby.hear.help,
    failed: lobby.hear.failed,
  }[tone]
  const asked = tone === 'asked'
  return (
    <div class="step">
      <PageTitle>{lobby.hear.title}</PageTitle>
      <p role="status">{sentence}</p>
      {tone === 'unheard' && speaker.selectable && speaker.choices.length > 1 && (
        <DeviceChoice
          label={lobby.hear.choose}
          {...speaker}
          onChoose={(id) => void call.chooseSpeaker(id)}
        />
      )}
      <Actions>
        {asked && (
          <button
            type="button"
            class="button button--primary button--large"
            onClick={() => onward()}
          >
            {actions.heard}
          </button>
        )}
        {asked && (
          <button
            type="button"
            class="button"
            onClick={({ currentTarget: asked }) => {
              ;(asked.nextSibling as HTMLElement).focus() // it goes itself
              setTone('unheard')
            }}
          >
            {actions.notHeard}
          </button>
        )}
        <button
          type="button"
          class={asked ? 'button' : 'button button--primary button--large'}
          aria-disabled={tone === 'playing'}
          onClick={() => void (tone === 'playing' || play())}
        >
          <Icon name="sound" />
          {tone === 'before' || tone === 'playing' ? actions.hear : actions.hearAgain}
        </button>
        {!asked && (
          <button type="button" class="button" onClick={() => onward()}>
            {actions.next}
          </button>
        )}
        <Back onBack={onBack} />
      </Actions>
    </div>
  )
}

function Ready({ way, entering, enter, onBack, ...door }: StepProps) {
  const { call, name } = door
  const { actions, lobby } = words.value
  const guest = call.me.value?.role === 'guest'
  const shut = entering || cleanName(name) === ''
  const look = way.short && call.camera.value.wanted // one is left to them
  const { title } = look ? lobby.see : lobby.ready
  const head = (
    <>
      <PageTitle>{title}</PageTitle>
      <p>
        {guest ? lobby.ready.textGuest : lobby.ready.textStaff} {deviceWords(call)}
      </p>
      <Trouble {...troublesOf(call)} call={call} />
    </>
  )
  return (
    <StepWithMirror head={head} mirror={<MirrorAndSwitches call={call} name={name} />}>
      {isStaff(call) && <OwnName {...door} />}
      <Actions>
        <button
          type="button"
          class="button button--primary button--large"
          aria-disabled={shut}
          onClick={() => shut || enter()}
        >
          {entering ? lobby.ready.entering : actions.enter}
        </button>
        <TestConnection call={call} />
        <Back onBack={onBack} />
      </Actions>
    </StepWithMirror>
  )
}
