import type { ComponentChildren } from 'preact'
import { useEffect, useId, useState } from 'preact/hooks'
import type { Call, DeviceState } from '../../engine/api'
import { cleanName } from '../../engine/room/text'
import { words } from '../../i18n'
import { maxNameCharacters } from '../../protocol/messages'
import { Icon } from '../parts/icons'
import { Later } from '../parts/Later'
import { mode as choice } from '../parts/mode'
import { SelfView } from '../parts/SelfView'

/** What the lobby's last screen needs, whichever way led to it. */
export type Door = {
  call: Call
  name: string
  setName: (name: string) => void
  entering: boolean
  enter: () => void
}

type NameFieldProps = {
  name: string
  setName: (name: string) => void
  missing?: boolean
}

/** The field of the name. */
export function NameField({ name, setName, missing = false }: NameFieldProps) {
  const id = useId()
  const { lobby } = words.value
  return (
    <div class="field">
      <label for={id}>{lobby.name.label}</label>
      <input
        id={id}
        class="input"
        type="text"
        value={name}
        maxLength={maxNameCharacters}
        autocomplete="name"
        required
        aria-describedby={`${id}-help`}
        aria-invalid={missing}
        onInput={(event) => setName(event.currentTarget.value)}
      />
      <p id={`${id}-help`} class={missing ? 'field-help field-help--wrong' : 'field-help'}>
        {missing ? lobby.name.missing : lobby.name.help}
      </p>
    </div>
  )
}

/**
 * Goes on once there is a name. The server says the invitation's with its welcome, a round trip
 * after the lobby is there: whoever is faster waits for it, unless they write another one.
 */
export function useNamed({ call, name, setName }: Door, onward: () => void) {
  const welcomed = Boolean(call.me.value?.id)
  const named = cleanName(name) !== ''
  const [waits, setWaits] = useState(false)
  const [asked, setAsked] = useState(false)
  const goOn = () => {
    if (named) onward()
    else if (welcomed) setAsked(true)
    else setWaits(true)
  }
  useEffect(() => {
    if (!waits || !welcomed) return
    setWaits(false)
    goOn()
  }, [waits, welcomed])
  const write = (typed: string) => {
    setWaits(false)
    setName(typed)
  }
  return { goOn, waits, write, missing: asked && !named }
}

/** Whoever invited staff has said who they are; a guest's link may be in somebody else's hands. */
export function isStaff(call: Call): boolean {
  const role = call.me.value?.role
  return role === 'host' || role === 'clinician'
}

/** The name of somebody who is known, to be read; the field where nobody has said it. */
export function OwnName(props: NameFieldProps & { call: Call }) {
  const me = props.call.me.value
  if (!isStaff(props.call) || (me?.id && !me.name)) return <NameField {...props} />
  return (
    <p>
      <strong>{props.name}</strong>
      <br />
      {words.value.lobby.name.help}
    </p>
  )
}

/** What somebody who enters so goes without. */
export function deviceWords(call: Call): string {
  const { see, speak } = words.value.lobby
  if (!call.microphone.value.wanted) return speak.noneText
  return call.camera.value.wanted ? '' : see.noneText
}

/** The own picture in a frame. */
export function Mirror({ call, name }: { call: Call; name: string }) {
  return (
    <div
      class="mirror"
      data-testid="tile"
      data-participant={call.me.value?.id}
      data-source="camera"
    >
      <SelfView call={call} name={name || words.value.tile.self} />
    </div>
  )
}

/** Two switches under the self-view: one may enter without being seen or heard. */
function DeviceSwitches({ call }: { call: Call }) {
  const { actions } = words.value
  const works = ({ wanted, trouble }: DeviceState) => wanted && !trouble
  const microphone = works(call.microphone.value)
  const camera = works(call.camera.value)
  return (
    <div class="switches">
      <button type="button" class="button" onClick={() => void call.setMicrophone(!microphone)}>
        <Icon name={microphone ? 'microphone' : 'microphoneOff'} />
        {microphone ? actions.turnMicrophoneOff : actions.turnMicrophoneOn}
      </button>
      <button type="button" class="button" onClick={() => void call.setCamera(!camera)}>
        <Icon name={camera ? 'camera' : 'cameraOff'} />
        {camera ? actions.turnCameraOff : actions.turnCameraOn}
      </button>
    </div>
  )
}

/**
 * The mode may be chosen before the call begins: what a thin line cannot carry is not even tried.
 */
function ModeSwitch({ call }: { call: Call }) {
  const { actions, mode: sentences } = words.value
  const [open, setOpen] = useState(false)
  const mode = call.mode.value
  return (
    <>
      <button
        type="button"
        class={mode === 'automatic' ? 'button' : 'button button--on'}
        aria-haspopup="dialog"
        onClick={() => setOpen(true)}
      >
        <Icon name={mode === 'voice' ? 'sound' : 'bars'} />
        {mode === 'automatic' ? actions.chooseMode : sentences.name[mode]}
      </button>
      {open && (
        <Later part={choice}>
          {({ OwnMode }) => <OwnMode call={call} onClose={() => setOpen(false)} />}
        </Later>
      )}
    </>
  )
}

/** The own picture, and the switches that belong to it. */
export function MirrorAndSwitches({ call, name }: { call: Call; name: string }) {
  return (
    <>
      <Mirror call={call} name={name} />
      <DeviceSwitches call={call} />
      <ModeSwitch call={call} />
    </>
  )
}

/**
 * A step with the own picture: words, picture, then what to do; side by side where the page is
 * wide. The picture comes second in the document, as it does on a narrow page.
 */
export function StepWithMirror({
  head,
  mirror,
  children,
}: {
  head: ComponentChildren
  mirror: ComponentChildren
  children: ComponentChildren
}) {
  return (
    <div class="step step--mirror">
      <div class="step-head">{head}</div>
      <div class="step-mirror">{mirror}</div>
      <div class="step-tail">{children}</div>
    </div>
  )
}

/** The buttons of a step: the way on comes first, in reading and in size. */
export function Actions({ children }: { children: ComponentChildren }) {
  return <div class="actions">{children}</div>
}
