import { effect } from '@preact/signals'
import type { Call } from '../../engine/api'
import { mayAdmit } from '../call/desk'
import { Part } from '../parts/Later'

/** Notifications, of those who let people in alone: a patient's page never loads them. */
export const outside = new Part(() => import('../../staff/outside/inCall'))

/** Tells of whoever waits. Goes on until it is told to stop. */
export function tellWaiting(call: Call): () => void {
  return effect(() => {
    if (!mayAdmit(call)) return
    void outside.load()
    return outside.module.value?.tellWaiting(call)
  })
}
