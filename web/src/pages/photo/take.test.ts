// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { take } from './take'

const track = {} as MediaStreamTrack
const photo = new Blob(['photo'])
const frame = new Blob(['frame'])
let asked: unknown[]

/** A camera whose photo is that, or an error, or never comes. */
function camera(takePhoto: (settings: unknown) => Promise<Blob>, capabilities: object = {}) {
  vi.stubGlobal(
    'ImageCapture',
    class {
      getPhotoCapabilities = async () => capabilities
      takePhoto = (settings: unknown) => {
        asked.push(settings)
        return takePhoto(settings)
      }
    },
  )
}

beforeEach(() => {
  asked = []
  vi.useFakeTimers()
  vi.stubGlobal('MediaStream', class {})
  const video = { play: async () => {}, videoWidth: 640, videoHeight: 360 }
  const canvas = {
    getContext: () => ({ drawImage: () => {} }),
    toBlob: (done: (blob: Blob) => void) => done(frame),
  }
  vi.spyOn(document, 'createElement').mockImplementation(
    (name: string) => (name === 'video' ? video : canvas) as unknown as HTMLElement,
  )
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
})

it('takes a photo with all pixels that the camera has', async () => {
  camera(async () => photo, { imageWidth: { max: 4000 }, imageHeight: { max: 3000 } })
  expect(await take(track)).toBe(photo)
  camera(async () => photo)
  expect(await take(track)).toBe(photo)
  expect(asked).toEqual([{ imageWidth: 4000, imageHeight: 3000 }, undefined])
})

it('takes a frame where a camera takes none, is too slow, or the browser cannot', async () => {
  camera(() => Promise.reject(new Error('no photo')))
  expect(await take(track)).toBe(frame)
  camera(() => new Promise(() => {}))
  const taken = take(track)
  await vi.advanceTimersByTimeAsync(8_000)
  expect(await taken).toBe(frame)
  vi.stubGlobal('ImageCapture', undefined)
  expect(await take(track)).toBe(frame)
})
