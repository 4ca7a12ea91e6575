/** Photos of a call whose file did not come: it is asked for again until it is here. */
import { effect } from '@preact/signals'
import type { Call } from '../../engine/api'
import { photo } from '../call/photo'

/** Long enough for a link that has just broken, short enough for somebody who waits. */
export const againAfter = 5_000 // ms

/** Goes on until it is told to stop. */
export function fetchPhotos(call: Call): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined
  const stop = effect(() => {
    clearTimeout(timer)
    if (photo.failed.value && call.photoNews.value.length)
      timer = setTimeout(() => void photo.load(), againAfter)
  })
  return () => {
    clearTimeout(timer)
    stop()
  }
}
