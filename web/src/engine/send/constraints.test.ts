import { expect, test } from 'vitest'
import { constraintsOf, inputsOf, troubleOf, screenConstraints } from './constraints'

test.each([
  ['NotAllowedError', 'Permission denied', 'refused-by-browser'],
  ['NotAllowedError', 'Permission denied by system', 'refused-by-system'],
  ['NotAllowedError', 'Permission dismissed', 'refused-by-person'],
  ['SecurityError', '', 'refused-by-browser'],
  ['NotFoundError', '', 'missing'],
  ['OverconstrainedError', '', 'missing'],
  ['NotReadableError', 'Could not start video source', 'busy'],
  ['AbortError', '', 'busy'],
  ['SomethingNew', '', 'failed'],
])('%s (%s) means %s', (name, message, trouble) => {
  expect(troubleOf(new DOMException(message, name), true)).toBe(trouble)
})
test('a page that is not served securely has no devices, whatever the error', () => {
  expect(troubleOf(new TypeError('undefined is not an object'), false)).toBe('insecure')
})
test('all that is asked of a camera is a wish: one with native modes alone opens, too', () => {
  const { video } = constraintsOf(['camera'], {})
  for (const wish of Object.values(video as object).filter((value) => typeof value === 'object'))
    expect(Object.keys(wish as object)).toEqual(['ideal'])
})
test('what is asked of a screen is bounded: a 4K page is too much for an old computer', () => {
  expect(screenConstraints.video).toMatchObject({ width: { max: 1_920 }, height: { max: 1_200 } })
})
test('both devices are asked for at once, each as chosen', () => {
  const both = constraintsOf(['microphone', 'camera'], {
    microphone: 'm',
  })
  expect(both.audio).toMatchObject({
    echoCancellation: true,
    channelCount: 1,
    deviceId: { exact: 'm' },
  })
  expect(both.video).toMatchObject({ facingMode: 'user', width: { ideal: 640 } })
})
test('a desk opens its camera finer than a tablet', () => {
  const height = (desk: boolean) =>
    (constraintsOf(['camera'], {}, 'user', desk).video as MediaTrackConstraints).height
  expect([height(true), height(false)]).toEqual([{ ideal: 720 }, { ideal: 360 }])
})
test('a chosen camera or side is the one asked for', () => {
  const chosen = constraintsOf(['camera'], { camera: 'c' }, 'environment')
  expect(chosen.audio).toBe(false)
  expect(chosen.video).toMatchObject({ deviceId: { exact: 'c' } })
  const side = constraintsOf(['camera'], {}, 'environment')
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
