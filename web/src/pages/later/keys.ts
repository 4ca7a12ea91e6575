/**
 * Shortcuts of one key. They can be switched off (WCAG 2.1.4), and rest while something is written
 * or asked.
 */
import type { Call } from '../../engine/api'
import type { Desk } from '../call/desk'
import { comfort } from '../parts/comfort'
import { isFull, turnFull } from './full'
import { keepFocus } from './keepFocus'

export const shortcuts = {
  microphone: 'm',
  talk: 't',
  camera: 'v',
  messages: 'c',
  people: 'p',
  hand: 'l',
  full: 'f',
} as const

type Shortcut = keyof typeof shortcuts

/** Listens until it is told to stop. */
export function listenForKeys(call: Call, desk: Desk): () => void {
  keepFocus()
  let talking = false
  const quiet = () => {
    if (talking) void call.setMicrophone(false)
    talking = false
  }
  const turnPanel = (panel: 'chat' | 'people') =>
    (desk.panel.value = desk.panel.peek() === panel ? 'none' : panel)
  const acts: Record<Shortcut, () => void> = {
    microphone: () => void call.setMicrophone(!call.microphone.peek().wanted),
    talk: () => {
      if (call.microphone.peek().wanted) return
      talking = true
      void call.setMicrophone(true)
    },
    camera: () => void call.setCamera(!call.camera.peek().wanted),
    messages: () => turnPanel('chat'),
    people: () => turnPanel('people'),
    hand: () => {
      const me = call.people.peek().find((person) => person.me)
      call.raiseHand(!me?.handRaised)
    },
    full: () => void turnFull(!isFull()),
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (!comfort.peek().keys || event.repeat || resting(event)) return
    const name = (Object.keys(shortcuts) as Shortcut[]).find(
      (name) => shortcuts[name] === event.key.toLowerCase(),
    )
    if (!name) return
    event.preventDefault()
    acts[name]()
  }
  const onKeyUp = (event: KeyboardEvent) => {
    if (event.key.toLowerCase() === shortcuts.talk) quiet()
  }
  addEventListener('keydown', onKeyDown)
  addEventListener('keyup', onKeyUp)
  addEventListener('blur', quiet) // the key is let go where this page does not hear it
  return () => {
    quiet()
    removeEventListener('keydown', onKeyDown)
    removeEventListener('keyup', onKeyUp)
    removeEventListener('blur', quiet)
  }
}

function resting({ target, ctrlKey, metaKey, altKey }: KeyboardEvent): boolean {
  const where = target as Element | null
  return (
    ctrlKey ||
    metaKey ||
    altKey ||
    !!document.querySelector('dialog[open]') ||
    !!where?.closest?.('input, textarea, select, [contenteditable]')
  )
}
