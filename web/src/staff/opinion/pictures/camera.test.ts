import { expect, it } from 'vitest'
import { nextCamera } from './camera'

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
