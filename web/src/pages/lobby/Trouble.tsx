import type { Call, DeviceTrouble } from '../../engine/api'
import { words } from '../../i18n'
import { Icon } from '../parts/icons'
import { Later, Part } from '../parts/Later'

type Troubles = { camera?: DeviceTrouble; microphone?: DeviceTrouble }

/** What keeps the camera or the microphone from working; the one refused for both is told once. */
export function troublesOf(call: Call): Troubles {
  return {
    camera: call.camera.value.wanted ? call.camera.value.trouble : undefined,
    microphone: call.microphone.value.wanted ? call.microphone.value.trouble : undefined,
  }
}

/**
 * Says what is wrong with the devices, and for a refused permission how to allow them in this very
 * browser. With a call it offers to try again: on a page that does not do so itself.
 */
export function Trouble({ camera, microphone, call }: Troubles & { call?: Call }) {
  if (!camera && !microphone) return null
  const { actions, devices } = words.value
  const again = () => {
    if (camera) void call?.setCamera(true)
    if (microphone) void call?.setMicrophone(true)
  }
  const sentences = new Set<string>()
  if (microphone) sentences.add(devices.trouble.microphone[microphone])
  if (camera) sentences.add(devices.trouble.camera[camera])
  const refused = camera === 'refused-by-browser' || microphone === 'refused-by-browser'
  const forbidden = camera === 'refused-by-system' || microphone === 'refused-by-system'
  return (
    <div class="trouble" role="alert">
      {[...sentences].map((sentence) => (
        <p key={sentence} class="trouble-words">
          <Icon name="warning" />
          {sentence}
        </p>
      ))}
      {refused && <HowToAllow where="browser" />}
      {forbidden && <HowToAllow where="system" />}
      {call && (
        <button type="button" class="button" onClick={again}>
          {actions.retry}
        </button>
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
