import { useEffect } from 'preact/hooks'
import { words } from '../../i18n'
import { PageTitle } from '../parts/PageTitle'
import { TestConnection } from '../parts/TestConnection'
import {
  Actions,
  deviceWords,
  type Door,
  MirrorAndSwitches,
  OwnName,
  StepWithMirror,
  useNamed,
} from './parts'
import type { Remembered } from './remembered'
import { Trouble, troublesOf } from './Trouble'

/** One screen for whoever was here before: see oneself, read or check the name, enter. */
export function WelcomeBack({
  before: { video, sound, works },
  onTest,
  ...door
}: Door & { before: Remembered; onTest: () => void }) {
  const { call, name, entering, enter } = door
  const { actions, lobby } = words.value
  const { goOn, waits, write, missing } = useNamed(door, enter)
  const busy = entering || waits
  const troubles = troublesOf(call)
  const troubled = troubles.camera !== undefined || troubles.microphone !== undefined
  const open = () =>
    void call.openDevices({ microphone: sound, camera: video && call.mode.value !== 'voice' })

  useEffect(open, [])

  const submit = (event: Event) => {
    event.preventDefault()
    if (!busy) goOn()
  }
  const head = (
    <>
      <PageTitle>{lobby.welcomeBack.title}</PageTitle>
      {!troubled && <p>{deviceWords(call) || (works && lobby.welcomeBack.text)}</p>}
      <Trouble {...troubles} />
    </>
  )
  return (
    <form noValidate onSubmit={submit}>
      <StepWithMirror head={head} mirror={<MirrorAndSwitches call={call} name={name} />}>
        <OwnName call={call} name={name} setName={write} missing={missing} />
        <Actions>
          <button
            type="submit"
            class="button button--primary button--large"
            aria-disabled={busy}
          >
            {busy ? lobby.ready.entering : actions.enter}
          </button>
          {troubled && (
            <button type="button" class="button" onClick={open}>
              {actions.retry}
            </button>
          )}
          <button type="button" class="button button--quiet" onClick={onTest}>
            {actions.test}
          </button>
          <TestConnection call={call} />
        </Actions>
      </StepWithMirror>
    </form>
  )
}
