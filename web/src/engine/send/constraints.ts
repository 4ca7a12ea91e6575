/** What is asked of microphones and cameras, and what their failures mean. Pure. */
import type { DeviceState, DeviceTrouble } from '../api'

export type Input = 'microphone' | 'camera'
export type Choice = { id: string; label: string }

/**
 * 640×360 is what a face needs and a thin uplink can take; 20 frames/s show a tremor of up to 7 Hz.
 */
const picture: MediaTrackConstraints = {
  width: { ideal: 640 },
  height: { ideal: 360 },
  frameRate: { ideal: 20, max: 24 },
}

const sound: MediaTrackConstraints = {
  echoCancellation: true,
  noiseSuppression: true,
  autoGainControl: true,
  channelCount: 1,
}

export function constraintsOf(
  devices: Input[],
  states: Record<Input, DeviceState>,
): MediaStreamConstraints {
  const { microphone, camera } = states
  return {
    audio: devices.includes('microphone') && { ...sound, ...exactly(microphone.deviceId) },
    video: devices.includes('camera') && {
      ...picture,
      ...(camera.deviceId ? exactly(camera.deviceId) : { facingMode: camera.facing ?? 'user' }),
    },
  }
}

function exactly(deviceId: string | undefined): MediaTrackConstraints {
  return deviceId ? { deviceId: { exact: deviceId } } : {}
}

/** The meaning of what getUserMedia threw. */
export function troubleOf(error: unknown, secure: boolean): DeviceTrouble {
  if (!secure) return 'insecure'
  const { name, message } = error as DOMException
  switch (name) {
    case 'NotAllowedError':
      // Chromium's words for a question closed unanswered
      return /dismiss/i.test(message) ? 'dismissed' : 'refused'
    case 'SecurityError':
      return 'refused'
    case 'NotFoundError':
    case 'OverconstrainedError':
      return 'none'
    case 'NotReadableError':
    case 'AbortError':
      return 'busy'
  }
  return 'unknown'
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
