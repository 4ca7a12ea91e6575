import type { Call, DeviceTrouble } from '../../engine/api'
import { words } from '../../i18n'
import { Icon } from '../parts/icons'
import { browserKind } from './browser'

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
 * browser.
 */
export function Trouble({ camera, microphone }: Troubles) {
  if (!camera && !microphone) return null
  const { devices } = words.value
  const sentences = new Set<string>()
  if (microphone) sentences.add(devices.trouble.microphone[microphone])
  if (camera) sentences.add(devices.trouble.camera[camera])
  const refused = camera === 'refused' || microphone === 'refused'
  return (
    <div class="trouble" role="alert">
      {[...sentences].map((sentence) => (
        <p key={sentence} class="trouble-words">
          <Icon name="warning" />
          {sentence}
        </p>
      ))}
      {refused && (
        <>
          <h2>{devices.help.title}</h2>
          <ol class="help">
            {devices.help[browserKind(navigator.userAgent, navigator.maxTouchPoints)].map(
              (line) => (
                <li key={line}>{line}</li>
              ),
            )}
          </ol>
        </>
      )}
    </div>
  )
}
