import { expect, test } from 'vitest'
import { constraintsOf, inputsOf, troubleOf } from './constraints'

const state = { wanted: true, live: false, choices: [] }

test.each([
  ['NotAllowedError', 'Permission denied', 'refused'],
  ['NotAllowedError', 'Permission dismissed', 'dismissed'],
  ['SecurityError', '', 'refused'],
  ['NotFoundError', '', 'none'],
  ['OverconstrainedError', '', 'none'],
  ['NotReadableError', 'Could not start video source', 'busy'],
  ['AbortError', '', 'busy'],
  ['SomethingNew', '', 'unknown'],
])('%s (%s) means %s', (name, message, trouble) => {
  expect(troubleOf(new DOMException(message, name), true)).toBe(trouble)
})
test('a page that is not served securely has no devices, whatever the error', () => {
  expect(troubleOf(new TypeError('undefined is not an object'), false)).toBe('insecure')
})
test('both devices are asked for at once, each as chosen', () => {
  const both = constraintsOf(['microphone', 'camera'], {
    microphone: { ...state, deviceId: 'm' },
    camera: state,
  })
  expect(both.audio).toMatchObject({
    echoCancellation: true,
    channelCount: 1,
    deviceId: { exact: 'm' },
  })
  expect(both.video).toMatchObject({ facingMode: 'user', width: { ideal: 640 } })
})
test('a chosen camera or side is the one asked for', () => {
  const chosen = constraintsOf(['camera'], {
    microphone: state,
    camera: { ...state, deviceId: 'c', facing: 'environment' },
  })
  expect(chosen.audio).toBe(false)
  expect(chosen.video).toMatchObject({ deviceId: { exact: 'c' } })
  const side = constraintsOf(['camera'], {
    microphone: state,
    camera: { ...state, facing: 'environment' },
  })
  expect(side.video).toMatchObject({ facingMode: 'environment' })
})
test('before permission there is nothing to choose from', () => {
  const devices = [
    { kind: 'audioinput', deviceId: '', label: '' },
    { kind: 'audioinput', deviceId: 'a', label: 'Micro' },
    { kind: 'videoinput', deviceId: 'v', label: 'Caméra' },
  ] as MediaDeviceInfo[]
  expect(inputsOf(devices, 'audioinput')).toEqual([{ id: 'a', label: 'Micro' }])
})
