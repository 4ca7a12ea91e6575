import type { ComponentChildren } from 'preact'
import { useId, useState } from 'preact/hooks'
import type { Call } from '../../engine/api'
import { words } from '../../i18n'
import { maxNameCharacters } from '../../protocol/messages'
import { Icon } from '../parts/icons'
import { OwnMode } from '../parts/ModeChoice'
import { SelfView } from '../parts/SelfView'

/** What the lobby's last screen needs, whichever way led to it. */
export type Door = {
  call: Call
  name: string
  setName: (name: string) => void
  entering: boolean
  enter: () => void
}

/** The field of the name. */
export function NameField({
  name,
  setName,
  missing = false,
}: {
  name: string
  setName: (name: string) => void
  missing?: boolean
}) {
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
  const microphone = call.microphone.value.wanted
  const camera = call.camera.value.wanted
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
      {open && <OwnMode call={call} onClose={() => setOpen(false)} />}
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
