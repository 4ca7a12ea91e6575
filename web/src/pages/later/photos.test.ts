// @vitest-environment happy-dom
import { signal } from '@preact/signals'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { Call } from '../../engine/api'
import { photo } from '../call/photo'
import { againAfter, fetchPhotos } from './photos'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
  photo.failed.value = false
})

it('asks for the file of photos again until it comes, where there is a photo to show', async () => {
  const load = vi.spyOn(photo, 'load').mockImplementation(async () => {
    photo.failed.value = false
    photo.failed.value = load.mock.calls.length < 3
  })
  const photoNews = signal<unknown[]>([])
  const stop = fetchPhotos({ photoNews } as unknown as Call)
  photo.failed.value = true
  await vi.advanceTimersByTimeAsync(10 * againAfter)
  expect(load, 'nothing to show').not.toHaveBeenCalled()
  photoNews.value = [{}]
  await vi.advanceTimersByTimeAsync(10 * againAfter)
  expect(load, 'until it is here').toHaveBeenCalledTimes(3)
  photo.failed.value = true
  stop()
  await vi.advanceTimersByTimeAsync(10 * againAfter)
  expect(load, 'after the call').toHaveBeenCalledTimes(3)
})
