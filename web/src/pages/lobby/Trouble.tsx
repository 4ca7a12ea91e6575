import { useEffect } from 'preact/hooks'
import type { Call, DeviceTrouble } from '../../engine/api'
import { words } from '../../i18n'
import { Icon } from '../parts/icons'
import { Later, Part } from '../parts/Later'

export type Troubles = { camera?: DeviceTrouble; microphone?: DeviceTrouble }

/** What keeps the wanted camera or microphone from working. */
export function troublesOf(call: Call): Troubles {
  return {
    camera: call.camera.value.wanted ? call.camera.value.trouble : undefined,
    microphone: call.microphone.value.wanted ? call.microphone.value.trouble : undefined,
  }
}

/** Both in one message: what is wrong with both is told once. */
export function troubleWords({ camera, microphone }: Troubles): string {
  const { trouble } = words.value.devices
  if (camera === microphone && camera === 'refused-by-browser') return trouble.bothRefused
  const sentences = new Set<string>()
  if (microphone) sentences.add(trouble.microphone[microphone])
  if (camera) sentences.add(trouble.camera[camera])
  if (camera === 'lost' && !microphone) sentences.add(trouble.soundGoesOn)
  return [...sentences].join(' ')
}

/** Tries again what does not work. */
export function retry(call: Call, { camera, microphone }: Troubles): void {
  if (camera) void call.setCamera(true)
  if (microphone) void call.setMicrophone(true)
}

/** One touch that does without all that does not work; `done` once it is so. */
export function Without({
  call,
  troubles: { camera, microphone },
  done,
}: {
  call: Call
  troubles: Troubles
  done?: () => void
}) {
  const { actions } = words.value
  const label = !microphone
    ? actions.withoutVideo
    : camera
      ? actions.withoutBoth
      : actions.withoutMicrophone
  const without = async () => {
    if (microphone) await call.setMicrophone(false)
    if (camera) await call.setCamera(false)
    done?.()
  }
  return (
    <button type="button" class="button" onClick={() => void without()}>
      {label}
    </button>
  )
}

/**
 * Says what is wrong with the devices, and for a refused permission how to allow them in this very
 * browser. With a call it offers to try again or to do without: on a page that does not do so
 * itself.
 */
export function Trouble({ camera, microphone, call }: Troubles & { call?: Call }) {
  const troubled = camera ?? microphone
  // What offers another try goes away with the trouble: Help keeps the focus on the page.
  useEffect(() => {
    if (troubled) void help.load()
  }, [troubled])
  if (!troubled) return null
  const either = (why: DeviceTrouble) => camera === why || microphone === why
  return (
    <div class="trouble" role="alert">
      <p class="trouble-words">
        <Icon name="warning" />
        {troubleWords({ camera, microphone })}
      </p>
      {either('refused-by-browser') && <HowToAllow where="browser" />}
      {either('refused-by-system') && <HowToAllow where="system" />}
      {call && (
        <>
          <button
            type="button"
            class="button"
            onClick={() => retry(call, { camera, microphone })}
          >
            {words.value.actions.retry}
          </button>
          <Without call={call} troubles={{ camera, microphone }} />
        </>
      )}
    </div>
  )
}

/** Where this browser, or the device itself, allows what was refused. */
export function HowToAllow({ where }: { where: 'browser' | 'system' }) {
  return <Later part={help}>{({ Help }) => <Help where={where} />}</Later>
}

/** The steps are loaded when something was refused. */
export const help = new Part(() => import('../help/Help'))
