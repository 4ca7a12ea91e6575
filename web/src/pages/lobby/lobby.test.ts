// @vitest-environment happy-dom
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { readAddress } from '../address'
import { initials } from '../parts/names'
import { browserKind, systemKind } from '../help/browser'
import { forgetReady, recallReady, refusedLasts, rememberReady } from './remembered'
import { numberOf, stepAfter, stepBefore, type Way } from './steps'

describe('the steps', () => {
  const asked = { video: true, allowed: false }
  const open = { video: true, allowed: true }
  const soundOnly = { video: false, allowed: true }

  it('go from the name to the door', () => {
    expect(stepAfter('name', asked)).toBe('permission')
    expect(stepAfter('permission', open)).toBe('see')
    expect(stepAfter('see', open)).toBe('speak')
    expect(stepAfter('speak', open)).toBe('hear')
    expect(stepAfter('hear', open)).toBe('ready')
    expect(stepAfter('ready', open)).toBe('ready')
  })
  it('leave out what makes no sense', () => {
    expect(stepAfter('permission', soundOnly)).toBe('speak')
    expect(stepBefore('speak', soundOnly)).toBe('name')
    expect(stepBefore('see', open)).toBe('name')
    expect(stepBefore('permission', asked)).toBe('name')
    expect(stepBefore('name', asked)).toBeUndefined()
  })
  it('are a question and a look where somebody has prepared the device', () => {
    expect(stepAfter('permission', { ...open, short: true })).toBe('ready')
    expect(stepAfter('permission', { ...soundOnly, short: true })).toBe('ready')
    expect(stepBefore('permission', { ...asked, short: true })).toBeUndefined()
    expect(stepBefore('ready', { ...open, short: true })).toBeUndefined()
    expect(stepBefore('ready', { ...asked, short: true })).toBe('permission')
  })
})

describe('the numbers of the steps', () => {
  it.each<Way>([
    { video: true, allowed: false },
    { video: true, allowed: true },
    { video: false, allowed: false },
    { video: true, allowed: false, named: true },
  ])('never leave one out: %j', (way) => {
    const numbers = way.named ? [] : [numberOf('name', way)]
    for (let step = stepAfter('name', way); ; step = stepAfter(step, way)) {
      numbers.push(numberOf(step, way))
      if (step === 'ready') break
    }
    expect(numbers.slice(1).every((number, i) => number - numbers[i]! <= 1)).toBe(true)
    expect(numbers[0]).toBe(1)
    expect(numbers.at(-1)).toBe(way.named ? 4 : 5)
  })
})

describe('the help for a refused permission', () => {
  const safari =
    'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) ' +
    'Version/17.4 Safari/605.1.15'
  const chrome = 'AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36'
  it.each([
    [`Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${chrome}`, 0, 'chrome'],
    [`Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${chrome} Edg/140.0.0.0`, 10, 'chrome'],
    [`Mozilla/5.0 (Linux; Android 10; K) ${chrome}`, 5, 'chromeAndroid'],
    ['Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0', 0, 'firefox'],
    ['Mozilla/5.0 (Android 14; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0', 5, 'other'],
    [safari, 0, 'safariMac'],
    [safari, 5, 'safariIPad'],
    [
      'Mozilla/5.0 (iPad; CPU OS 17_4 like Mac OS X) AppleWebKit/605.1.15 CriOS/140.0 ' +
        'Mobile/15E148 Safari/604.1',
      5,
      'other',
    ],
    ['something else', 0, 'other'],
  ] as const)('%s with %d touch points: %s', (userAgent, touchPoints, kind) => {
    expect(browserKind(userAgent, touchPoints)).toBe(kind)
  })
})

describe('what is remembered', () => {
  beforeEach(() => localStorage.clear())
  it('is that it worked, with or without video, and no name', () => {
    expect(recallReady()).toBeUndefined()
    rememberReady({ video: true })
    expect(recallReady()).toEqual({ video: true, sound: true, works: true })
    rememberReady({ video: false })
    expect(recallReady()).toEqual({ video: false, sound: true, works: true })
    forgetReady()
    expect(recallReady()).toBeUndefined()
    expect(localStorage.length).toBe(0)
  })

  it('is what was refused, too, for as long as one may come back by mistake', () => {
    vi.useFakeTimers()
    rememberReady({ video: false, sound: false, works: true })
    expect(recallReady()).toEqual({ video: false, sound: false, works: false })
    vi.advanceTimersByTime(refusedLasts - 1)
    rememberReady({ video: true, sound: true, works: false })
    vi.advanceTimersByTime(refusedLasts - 1)
    expect(recallReady()).toEqual({ video: true, sound: true, works: false })
    vi.advanceTimersByTime(1)
    expect(recallReady()).toBeUndefined()
    vi.useRealTimers()
  })

  it('is nothing where what is kept is damaged', () => {
    for (const value of ['', '{', 'null', '{"until":null}']) {
      localStorage.setItem('draille.ready', value)
      expect(recallReady(), value).toBeUndefined()
    }
  })
})

describe('initials', () => {
  it.each([
    ['Mme Jeanne Rey', 'JR'],
    ['Dr Vidal', 'V'],
    ['Jean-Luc de La Tour', 'JT'],
    ['awa', 'A'],
    ['Dr', 'D'],
    ['Élodie (infirmière)', 'ÉI'],
    ['  ', '?'],
  ])('of %j are %s', (name, letters) => {
    expect(initials(name)).toBe(letters)
  })
})

describe('the address', () => {
  it('gives the token and the options', () => {
    expect(readAddress({ hash: '#abc.def', search: '?relay&lang=en&debug' })).toEqual({
      pages: 'call',
      token: 'abc.def',
      relay: true,
      debug: true,
      lang: 'en',
    })
    const remembered = readAddress({ hash: '#call', search: '' }, () => 'abc.def')
    expect(remembered).toMatchObject({ pages: 'call', token: 'abc.def' })
    const forgotten = readAddress({ hash: '#call', search: '' }, () => '')
    expect(forgotten).toMatchObject({ pages: 'staff', token: '' })
    expect(readAddress({ hash: '', search: '' })).toEqual({
      pages: 'staff',
      token: '',
      relay: false,
      debug: false,
      lang: null,
    })
  })

  it.each([
    ['/', '#/day', 'staff'],
    ['/', '#sign-in=no-person', 'staff'],
    ['/enrol', '#3Zabc', 'staff'],
    ['/tablet', '', 'staff'],
    ['/r/Zm9vYmFyYmF6cXV4MTIzNA', '', 'link'],
    ['/r/', '', 'link'],
    ['/r', '', 'link'],
    ['/rooms', '', 'staff'],
  ])('%s%s is for the pages of %s, and no invitation', (pathname, hash, pages) => {
    expect(readAddress({ pathname, hash, search: '' })).toMatchObject({ pages, token: '' })
  })
})

describe('the system whose setting forbids a camera', () => {
  it.each([
    ['Mozilla/5.0 (Windows NT 10.0; Win64; x64)', 0, 'windows'],
    ['Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)', 0, 'mac'],
    ['Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)', 5, 'other'], // an iPad
    ['Mozilla/5.0 (Linux; Android 14)', 5, 'other'],
  ] as const)('%s, %i touches: %s', (userAgent, touches, system) => {
    expect(systemKind(userAgent, touches)).toBe(system)
  })
})
