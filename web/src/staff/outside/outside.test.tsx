// @vitest-environment happy-dom
import { signal } from '@preact/signals'
import { render } from 'preact'
import { act } from 'preact/test-utils'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { OpinionTold, Row } from '../api'
import { ringing } from '../desk/live'
import { startSound, turnSound } from '../desk/sound'
import { calls } from '../opinion/calls'
import { Offer } from './Offer'
import { tell, tellOf } from './tell'
import { words } from './words'

const page = document.body.appendChild(document.createElement('div'))
const { offer, blocked, help, helpSafari, asking, on, unanswered } = words.value

/** What the browser shows outside of itself. */
class FakeNotification {
  static permission: NotificationPermission = 'default'
  static asked = 0
  static answer: Promise<NotificationPermission>
  static shown: FakeNotification[] = []
  static requestPermission = () => {
    FakeNotification.asked++
    return FakeNotification.answer
  }
  onclick: (() => void) | null = null
  constructor(
    readonly text: string,
    readonly options: NotificationOptions,
  ) {
    FakeNotification.shown.push(this)
  }
  close(): void {
    FakeNotification.shown = FakeNotification.shown.filter((one) => one !== this)
  }
}

let hidden: boolean
const hide = (now: boolean) => {
  hidden = now
  document.dispatchEvent(new Event('visibilitychange'))
}
const shown = () => FakeNotification.shown.map(({ text }) => text)

beforeEach(() => {
  FakeNotification.permission = 'default'
  FakeNotification.asked = 0
  FakeNotification.shown = []
  vi.stubGlobal('Notification', FakeNotification)
  vi.stubGlobal('isSecureContext', true)
  hidden = false
  vi.spyOn(document, 'hidden', 'get').mockImplementation(() => hidden)
})
afterEach(() => {
  act(() => render(null, page))
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
})

const show = () => act(() => render(<Offer where="day" />, page))
const button = () => page.querySelector('button')
const status = () => page.querySelector('[role=status]')?.textContent
const press = () =>
  act(async () => {
    button()!.click()
    await new Promise((resolve) => setTimeout(resolve)) // the browser answers
  })

function answers(to: NotificationPermission) {
  FakeNotification.answer = Promise.resolve().then(() => (FakeNotification.permission = to))
}
const browser = (userAgent: string) =>
  vi.spyOn(navigator, 'userAgent', 'get').mockReturnValue(userAgent)

it('offers what the browser asks about, on a tap alone, and says what became of it', async () => {
  let answer = (_: NotificationPermission) => {}
  FakeNotification.answer = new Promise((resolve) => (answer = resolve))
  show()
  expect(button()!.textContent).toBe(offer)
  const described = page.querySelector(`#${button()!.getAttribute('aria-describedby')}`)!
  expect(described.textContent).toBe(words.value.why.day)
  expect(FakeNotification.asked, 'never unasked').toBe(0)
  await press()
  expect(status()).toBe(asking)
  expect(button()!.getAttribute('aria-disabled')).toBe('true')
  await press()
  expect(FakeNotification.asked, 'one question at a time').toBe(1)
  FakeNotification.permission = 'granted'
  await act(async () => answer('granted'))
  expect([button(), status()]).toEqual([null, on])
})

it('goes on offering to whoever has closed the question, without asking again', async () => {
  answers('default')
  show()
  await press()
  expect([button()!.textContent, status()]).toEqual([offer, unanswered])
  expect(FakeNotification.asked).toBe(1)
})

it('tells whoever has blocked them how to allow them in this browser, by a tap', async () => {
  answers('denied')
  show()
  await press()
  expect([button()!.textContent, status()]).toEqual([blocked, ''])
  expect(page.querySelector('ol')).toBeNull()
  const steps = () => [...page.querySelectorAll('li')].map((line) => line.textContent)
  await press()
  expect(button()!.getAttribute('aria-expanded')).toBe('true')
  expect(steps()).toEqual(help)
  expect(FakeNotification.asked, 'a browser that is barred is not asked').toBe(1)
  browser('Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/17.4 Safari/605.1.15')
  await press()
  await press()
  expect(steps()).toEqual(helpSafari)
})

it('says nothing where they are on, or where the browser has none', () => {
  FakeNotification.permission = 'granted'
  show()
  expect(page.innerHTML).toBe('')
  act(() => render(null, page))
  FakeNotification.permission = 'default'
  browser('Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/150.0 Mobile Safari/537.36')
  show()
  expect(page.innerHTML).toBe('')
  vi.restoreAllMocks()
  act(() => render(null, page))
  vi.stubGlobal('Notification', undefined)
  show()
  expect(page.innerHTML).toBe('')
})

it('follows what is allowed beside the page', async () => {
  FakeNotification.permission = 'denied'
  const status = new EventTarget()
  vi.stubGlobal('navigator', { userAgent: '', permissions: { query: async () => status } })
  await act(async () => show())
  expect(button()!.textContent).toBe(blocked)
  FakeNotification.permission = 'granted'
  act(() => void status.dispatchEvent(new Event('change')))
  expect(page.innerHTML).toBe('')
})

it('tells nobody who looks at the page, or has not allowed it', () => {
  tell('a', 'A')
  hidden = true
  tell('a', 'B')
  FakeNotification.permission = 'granted'
  hidden = false
  tell('a', 'C')
  expect(shown()).toEqual([])
  hidden = true
  const told = tell('a', 'D') as unknown as FakeNotification
  expect(shown()).toEqual(['D'])
  expect(told.options).toEqual({ tag: 'draille.a', silent: false })
  told.onclick!()
  expect(shown(), 'a tap leads to the page').toEqual([])
})

it('does without a browser that cannot', () => {
  hidden = true
  vi.stubGlobal(
    'Notification',
    class {
      static permission = 'granted'
      constructor() {
        throw new TypeError('Illegal constructor')
      }
    },
  )
  expect(tell('a', 'A')).toBeUndefined()
})

it('tells once of each who comes, until somebody looks or nobody is there', () => {
  FakeNotification.permission = 'granted'
  const ids = signal(['a'])
  const stop = tellOf('waiting', () => ids.value, String)
  expect(shown(), 'whoever came while it was seen').toEqual([])
  hide(true)
  ids.value = ['a', 'b']
  expect(shown()).toEqual(['2'])
  expect(FakeNotification.shown[0]!.options).toEqual({ tag: 'draille.waiting', silent: true })
  ids.value = ['b']
  expect(shown(), 'one who leaves is no news').toEqual(['2'])
  hide(false)
  expect(shown()).toEqual([])
  hide(true)
  ids.value = ['b', 'c']
  ids.value = []
  expect(shown()).toEqual([])
  ids.value = ['d']
  stop()
  expect(shown()).toEqual([])
  ids.value = ['e']
  expect(shown()).toEqual([])
})

it('tells on the day’s page of arrivals and calls, by no name, also where it does not ring', () => {
  FakeNotification.permission = 'granted'
  turnSound(false)
  const stop = startSound()
  hide(true)
  ringing.value = [{ appointment: { id: 'A1', title: 'Mme Rey' } } as Row]
  calls.value = [{ id: 'O1', state: 'taken', calling: 'Dr Bonnet' } as OpinionTold]
  expect(shown()).toEqual([words.value.waiting(1), words.value.calling])
  ringing.value = calls.value = []
  expect(shown()).toEqual([])
  stop()
  turnSound(true)
})
