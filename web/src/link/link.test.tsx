// @vitest-environment happy-dom
import { render } from 'preact'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { language } from '../i18n/language'
import type { LinkAnswer } from '../staff/api'
import { LinkPage } from './LinkPage'
import { zoneWords } from '../i18n/zone'
import { askAgainIn, untilWords, whenWords } from './times'
import { fr as lost } from './later/words'
import { fr } from './words'

const minute = 60_000
const nine = Date.parse('2026-12-01T08:00:00Z')

beforeEach(() => {
  language.value = 'fr'
})

describe('the time of an appointment', () => {
  it('is said in the zone of the establishment', () => {
    expect(whenWords(nine, 'Europe/Paris')).toBe('mardi 1er décembre à 09:00')
    language.value = 'en'
    expect(whenWords(nine, 'America/Martinique')).toMatch(/^Tuesday.* 1 December at 04:00$/)
  })

  it('names the zone only to whoever has another clock', () => {
    const here = Intl.DateTimeFormat().resolvedOptions().timeZone
    expect(zoneWords(nine, here)).toBe('')
    expect(zoneWords(nine, 'Pacific/Auckland')).toBe(' (heure d’Auckland)')
  })

  it.each([
    [30_000, ''],
    [minute, '1 minute'],
    [90_000, '2 minutes'],
    [60 * minute, '1 heure'],
    [95 * minute, '1 heure 35 minutes'],
    [400 * minute, '6 heures'],
    [3 * 24 * 60 * minute, '3 jours'],
  ])('in %d ms is in %j', (left, text) => {
    expect(untilWords(left)).toBe(text)
  })

  it('is asked for again as it comes, and now and then before', () => {
    expect(askAgainIn(10_000, 0)).toBe(10_250)
    expect(askAgainIn(3_600_000, 0)).toBe(60_000)
    expect(askAgainIn(0, 5_000)).toBe(250)
  })
})

describe('the page of a link', () => {
  let page: HTMLElement
  let answers: (LinkAnswer | 'away')[]
  let asked: Record<string, unknown>[]
  const open = vi.fn()

  beforeEach(() => {
    // Set later, a clock that goes back would also put the next frame off.
    vi.useFakeTimers({ now: nine - 60 * minute })
    page = document.body.appendChild(document.createElement('div'))
    asked = []
    open.mockClear()
    vi.stubGlobal('fetch', async (_: string, { body }: { body: string }) => {
      asked.push(JSON.parse(body) as Record<string, unknown>)
      const answer = answers.shift()!
      if (answer === 'away') throw new TypeError('failed to fetch')
      return new Response(JSON.stringify(answer))
    })
  })
  afterEach(async () => {
    render(null, page)
    await vi.advanceTimersByTimeAsync(100) // what is still to be rendered is, before the clock goes
    page.remove()
    vi.unstubAllGlobals()
    vi.useRealTimers()
  })

  const show = async (token = 'Zm9vYmFyYmF6cXV4MTIzNA') => {
    render(<LinkPage token={token} onOpen={open} />, page)
    await vi.advanceTimersByTimeAsync(0)
    await vi.advanceTimersByTimeAsync(20)
  }
  const early = (): LinkAnswer => ({
    state: 'early',
    now: Date.now(),
    opensAt: nine - 30 * minute,
    startsAt: nine,
    zone: 'Europe/Paris',
  })

  it('tells the time while it is early, and enters by itself', async () => {
    vi.setSystemTime(nine - 33 * minute) // not half an hour of ticks: each takes its time
    answers = [early()]
    await show()
    expect(page.textContent).toContain('mardi 1er décembre à 09:00')
    expect(page.textContent).toContain(fr.early.in('3 minutes'))
    // Asked every minute: it may have moved.
    answers = Array.from({ length: 4 }, early)
    await vi.advanceTimersByTimeAsync(2 * minute)
    expect(asked).toHaveLength(3)
    expect(open).not.toHaveBeenCalled()
    answers = [{ state: 'open', now: Date.now(), address: 'https://x/#t' }]
    await vi.advanceTimersByTimeAsync(minute + 1_000)
    expect(open).toHaveBeenCalledExactlyOnceWith('https://x/#t')
  })

  it('goes on trying while the server is not reached', async () => {
    answers = ['away', 'away', { state: 'open', now: nine, address: 'https://x/#t' }]
    await show()
    expect(page.textContent).toContain(fr.away.title)
    await vi.advanceTimersByTimeAsync(11_000)
    expect(open).toHaveBeenCalledOnce()
  })

  it('takes over from another device only when told to', async () => {
    answers = [{ state: 'other-browser', now: nine }]
    await show()
    expect(asked[0]).not.toHaveProperty('take')
    answers = [{ state: 'open', now: nine, address: 'https://x/#t' }]
    page.querySelector('button.button--primary')!.dispatchEvent(new MouseEvent('click'))
    await vi.advanceTimersByTimeAsync(20)
    expect(asked[1]).toMatchObject({ take: true, browser: asked[0]!.browser })
    expect(open).toHaveBeenCalledOnce()
  })

  it.each(['late', 'cancelled', 'revoked', 'unknown'] as const)(
    'says %s in words',
    async (state) => {
      answers = [{ state, now: nine, phone: '04 66 00 00 00' }]
      await show()
      expect(page.querySelector('h1')!.textContent).toBe(fr[state].title)
      expect(page.textContent).toContain('04 66 00 00 00')
    },
  )

  it('gives the same answer to whoever has lost a link', async () => {
    answers = []
    await import('./later/LostLink')
    await show('')
    expect(asked).toEqual([])
    const input = page.querySelector('input')!
    input.value = '+33600000003'
    input.dispatchEvent(new Event('input'))
    await vi.advanceTimersByTimeAsync(20)
    answers = [{} as LinkAnswer]
    page.querySelector('form')!.dispatchEvent(new Event('submit', { cancelable: true }))
    await vi.advanceTimersByTimeAsync(20)
    expect(asked).toEqual([{ contact: '+33600000003' }])
    expect(page.textContent).toContain(lost.done)
  })
})
