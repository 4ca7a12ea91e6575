// @vitest-environment happy-dom
import { h, render } from 'preact'
import { act } from 'preact/test-utils'
import { expect, it, vi } from 'vitest'
import type { Camera } from '../../../pages/photo/Taking'
import { nextCamera, useCamera } from './camera'

const input = (deviceId: string, kind: MediaDeviceKind = 'videoinput') => ({ deviceId, kind })
const two = [input('a'), input('m', 'audioinput'), input('b')]

it('goes on to the other side of a phone, elsewhere to the next camera, and round', () => {
  expect(nextCamera({ deviceId: 'a', facingMode: 'environment' }, two)).toEqual({
    facingMode: 'user',
  })
  expect(nextCamera({ facingMode: 'user' }, two)).toEqual({ facingMode: 'environment' })
  expect(nextCamera({ deviceId: 'a' }, two)).toEqual({ deviceId: { exact: 'b' } })
  expect(nextCamera({ deviceId: 'b' }, two)).toEqual({ deviceId: { exact: 'a' } })
})

it('goes nowhere where there is one camera', () => {
  expect(nextCamera({ facingMode: 'user' }, [input('a'), input('m', 'audioinput')])).toBe(
    undefined,
  )
})

it.each([
  ['granted', [], 'lost'],
  ['denied', [input('')], 'refused-by-browser'],
  ['granted', two, 'failed'],
] as const)('tells why it ends, permission %s, listed %j: %s', async (state, left, trouble) => {
  const track = Object.assign(new EventTarget(), {
    getSettings: () => ({ deviceId: 'a' }),
    stop: () => {},
  })
  const mediaDevices = {
    getUserMedia: async () => ({ getVideoTracks: () => [track] }),
    enumerateDevices: async (): Promise<unknown> => two,
  }
  vi.stubGlobal('navigator', { mediaDevices, permissions: { query: async () => ({ state }) } })
  let camera: Camera = {}
  function Page() {
    camera = useCamera()
    return null
  }
  const page = document.createElement('div')
  const settled = () => new Promise<void>((resolve) => setTimeout(resolve))
  act(() => render(h(Page, {}), page))
  await act(settled)
  expect(camera.stream).toBeTruthy()
  mediaDevices.enumerateDevices = async () => left
  await act(async () => {
    track.dispatchEvent(new Event('ended'))
    await settled()
  })
  expect(camera).toEqual({ trouble })
  act(() => render(null, page))
  vi.unstubAllGlobals()
})
