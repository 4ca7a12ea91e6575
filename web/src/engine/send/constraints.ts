/** What is asked of microphones and cameras, and what their failures mean. Pure. */
import type { DeviceTrouble } from '../api'

export type Input = 'microphone' | 'camera'
export type Choice = { id: string; label: string }

/**
 * 640×360 is what a face needs and a thin uplink can take; 20 frames/s show a tremor of up to 7 Hz.
 * A desk's computer opens its camera at twice the lines, which are encoded where somebody looks at
 * so many over a link that has room for them (videoSender.ts). All are wishes: a camera that has 30
 * frames/s alone is as good, the sender limits it. A maximum would make Firefox take a mode of 10
 * frames/s, or none.
 */
const picture = (times: number, frameRate: number): MediaTrackConstraints => ({
  width: { ideal: 640 * times },
  height: { ideal: 360 * times },
  frameRate: { ideal: frameRate },
})

/** A page of text stays readable at 1920×1200; the 4K screen of an old computer would choke it. */
export const screenConstraints: DisplayMediaStreamOptions = {
  video: { width: { max: 1_920 }, height: { max: 1_200 }, frameRate: { max: 15 } },
  audio: false,
}

const sound: MediaTrackConstraints = {
  echoCancellation: true,
  noiseSuppression: true,
  autoGainControl: true,
  channelCount: 1,
}

export function constraintsOf(
  devices: readonly Input[],
  chosen: Partial<Record<Input, string>>,
  facing: 'user' | 'environment' = 'user',
  desk = false, // see devices.ts
): MediaStreamConstraints {
  const { microphone, camera } = chosen
  return {
    audio: devices.includes('microphone') && { ...sound, ...exactly(microphone) },
    video: devices.includes('camera') && {
      ...(desk ? picture(2, 24) : picture(1, 20)),
      ...(camera ? exactly(camera) : { facingMode: facing }),
    },
  }
}

function exactly(deviceId: string | undefined): MediaTrackConstraints {
  return deviceId ? { deviceId: { exact: deviceId } } : {}
}

/** The meaning of what getUserMedia or getDisplayMedia threw. */
export function troubleOf(error: unknown, secure: boolean): DeviceTrouble {
  if (!secure) return 'insecure'
  const { name, message } = error as DOMException
  switch (name) {
    case 'NotAllowedError':
      // Chromium's words for what Windows or macOS forbids, and for a question closed unanswered
      if (/by system/i.test(message)) return 'refused-by-system'
      return /dismiss/i.test(message) ? 'refused-by-person' : 'refused-by-browser'
    case 'SecurityError':
      return 'refused-by-browser'
    case 'NotFoundError':
    case 'OverconstrainedError':
      return 'missing'
    case 'NotReadableError':
    case 'AbortError':
      return 'busy'
  }
  return 'failed'
}

/**
 * Devices to choose from. Before permission a browser tells neither ids nor names: nothing to
 * choose then.
 */
export function inputsOf(all: readonly MediaDeviceInfo[], kind: MediaDeviceKind): Choice[] {
  return all
    .filter((device) => device.kind === kind && device.deviceId)
    .map(({ deviceId, label }) => ({ id: deviceId, label }))
}

export function outputsOf(all: readonly MediaDeviceInfo[]): Choice[] {
  return inputsOf(all, 'audiooutput')
}
