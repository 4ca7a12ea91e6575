// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { Day, Me } from '../api'
import { me } from '../session'
import { day, flow, ringing, showDay, skew, startLive, today } from './live'

/** A server whose list and stream the test holds. */
let list: Partial<Day>
let rights: Me
let stream: ReadableStreamDefaultController<Uint8Array>
let stop = () => {}

beforeEach(() => {
  vi.useFakeTimers({ now: Date.parse('2026-12-01T22:00:00Z') })
  list = { date: '2026-12-01', appointments: [] }
  rights = { person: { id: 'P1' }, grants: [], may: [] } as unknown as Me
  vi.stubGlobal('fetch', async (path: string) => {
    if (path === '/api/events')
      return new Response(new ReadableStream({ start: (controller) => void (stream = controller) }))
    if (path === '/api/me') return new Response(JSON.stringify(rights))
    const asked = new URLSearchParams(path.split('?')[1]).get('date')
    const date = asked ? { date: asked } : {}
    const answer = { zone: 'Europe/Paris', now: Date.now(), delays: [], ...list, ...date }
    return new Response(JSON.stringify(answer))
  })
})
afterEach(() => {
  stop()
  vi.unstubAllGlobals()
  vi.useRealTimers()
})

const row = (live: string) => ({
  appointment: { id: 'A1', startsAt: Date.now(), zone: 'Europe/Paris', establishment: 'E1' },
  live,
  mine: true,
  mayBegin: true,
})
const tell = async (name: string, data: unknown) => {
  stream.enqueue(new TextEncoder().encode(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`))
  await vi.advanceTimersByTimeAsync(0)
}

it('shows what it hears, rings until they have met, reads anew after a cut', async () => {
  showDay('', '')
  stop = startLive()
  await vi.advanceTimersByTimeAsync(0)
  expect(flow.value).toBe('live')
  await tell('appointment', row('waiting'))
  expect(day.value?.appointments.map(({ live }) => live)).toEqual(['waiting'])
  expect(ringing.value).toHaveLength(1)
  await tell('appointment', row('ongoing'))
  expect(ringing.value).toEqual([])
  list.appointments = [row('over')] as unknown as Day['appointments']
  stream.close()
  await vi.advanceTimersByTimeAsync(600)
  expect(day.value?.appointments.map(({ live }) => live)).toEqual(['over'])
})

it('knows rights that changed before it listened, and during a cut', async () => {
  const given = (...actions: string[]) => {
    rights = { ...rights, may: [{ establishment: 'E1', actions }] } as unknown as Me
  }
  me.value = rights
  given('opinion.ask')
  stop = startLive()
  await vi.advanceTimersByTimeAsync(0)
  expect(me.value).toEqual(rights)
  given('opinion.ask', 'opinion.answer')
  stream.close()
  await vi.advanceTimersByTimeAsync(600)
  expect(me.value).toEqual(rights)
  me.value = undefined
})

it('keeps rights that it was told while an older answer was on its way', async () => {
  let answers = () => {}
  const late = new Promise<void>((resolve) => void (answers = resolve))
  const server = fetch
  vi.stubGlobal('fetch', async (path: string) => {
    const answer = await server(path)
    if (path === '/api/me') await late
    return answer
  })
  me.value = rights
  stop = startLive()
  await vi.advanceTimersByTimeAsync(0)
  const told = { ...rights, may: [{ establishment: 'E1', actions: ['opinion.ask'] }] }
  await tell('me', told)
  answers()
  await vi.advanceTimersByTimeAsync(0)
  expect(me.value).toEqual(told)
  me.value = undefined
})

it('keeps a row that it was told while an older list was on its way', async () => {
  let answers = () => {}
  const late = new Promise<void>((resolve) => void (answers = resolve))
  const server = fetch
  vi.stubGlobal('fetch', async (path: string) => {
    const answer = await server(path)
    if (path.startsWith('/api/day')) await late
    return answer
  })
  showDay('', '')
  stop = startLive()
  await vi.advanceTimersByTimeAsync(0)
  await tell('appointment', row('waiting'))
  answers()
  await vi.advanceTimersByTimeAsync(0)
  expect(day.value?.appointments.map(({ live }) => live)).toEqual(['waiting'])
  expect(ringing.value).toHaveLength(1)
})

it('rings for today while another day is shown', async () => {
  showDay('', '')
  stop = startLive()
  await vi.advanceTimersByTimeAsync(0)
  showDay('2026-12-04', '')
  await vi.advanceTimersByTimeAsync(0)
  expect(day.value?.date).toBe('2026-12-04')
  await tell('appointment', row('waiting'))
  expect(ringing.value).toHaveLength(1)
})

it('turns to the next day at midnight of the establishment', async () => {
  showDay('', '')
  stop = startLive()
  await vi.advanceTimersByTimeAsync(0)
  list = { date: '2026-12-02', appointments: [] }
  await vi.advanceTimersByTimeAsync(59 * 60_000)
  expect(today.value?.date).toBe('2026-12-01')
  await vi.advanceTimersByTimeAsync(90_000)
  expect(today.value?.date).toBe('2026-12-02')
  expect(day.value?.date).toBe('2026-12-02')
})

it('asks the server for the time when the clock of the device is set', async () => {
  showDay('', '')
  stop = startLive()
  await vi.advanceTimersByTimeAsync(0)
  list = { now: Date.now() + 30_000, appointments: [] }
  vi.setSystemTime(Date.now() - 600_000)
  await vi.advanceTimersByTimeAsync(30_000)
  expect(Date.now() + skew.value).toBe(list.now)
})
