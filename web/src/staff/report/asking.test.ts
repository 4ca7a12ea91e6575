// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { me } from '../session'
import { ask, patience, standings, startAsking } from './asking'
import { asked, forget, keep, kept } from './kept'

const text = { motive: 'm', findings: 'f', conclusion: 'c', act: '' }
const wish = { text, version: 3, sign: true }
const answer = (status: number, body: unknown) => new Response(JSON.stringify(body), { status })
const done = () => answer(200, { report: { version: 4 } })
const server = vi.fn<typeof fetch>()
let stop = () => {}

beforeEach(() => {
  vi.useFakeTimers()
  vi.stubGlobal('fetch', server)
  me.value = { person: { id: 'P1' } } as typeof me.value
})

afterEach(() => {
  stop()
  forget('R1')
  standings.value = new Map()
  server.mockReset()
  vi.unstubAllGlobals()
  vi.useRealTimers()
})

const away = () => server.mockRejectedValue(new TypeError('no network'))
const back = () => server.mockImplementation(async () => done())
const standing = () => standings.value.get('R1')

it('signs once the link is back, after a reload and on any page, and then no more', async () => {
  away()
  await ask('R1', wish)
  expect(standing()).toEqual({ state: 'waits' })
  standings.value = new Map() // what a reload leaves: what the tab keeps
  stop = startAsking()
  await vi.advanceTimersByTimeAsync(patience)
  expect(standing()).toEqual({ state: 'waits' })
  server.mockClear()
  back()
  await vi.advanceTimersByTimeAsync(3 * patience)
  expect(standing()).toEqual({ state: 'saved', version: 4 })
  expect(kept('R1')).toBeUndefined()
  expect(server).toHaveBeenCalledOnce()
  const [path, { headers, body, method }] = server.mock.calls[0] as [string, RequestInit]
  expect([method, path]).toEqual(['POST', '/api/reports/R1/sign'])
  expect(headers).toMatchObject({ 'If-Match': '"3"' })
  expect(JSON.parse(body as string)).toEqual(text)
})

it('does not sign what somebody goes on writing', async () => {
  away()
  await ask('R1', wish)
  const typed = { ...text, motive: 'more' }
  keep('R1', { text: typed, version: 3, sign: false, asked: false })
  server.mockClear()
  back()
  stop = startAsking()
  await vi.advanceTimersByTimeAsync(2 * patience)
  expect(server).not.toHaveBeenCalled()
  expect(kept('R1')?.text).toEqual(typed)
})

it('keeps what is typed while it is answered, over the version that was answered', async () => {
  const typed = { text: { ...text, motive: 'more' }, version: 3, sign: false, asked: false }
  server.mockImplementation(async () => {
    keep('R1', typed)
    return done()
  })
  await ask('R1', { ...wish, sign: false })
  expect(kept('R1')).toEqual({ ...typed, version: 4 })
})

it('asks for what is wished while another wish is on its way', async () => {
  let ready = () => {}
  const late = new Promise<void>((resolve) => (ready = resolve))
  server.mockImplementationOnce(() => late.then(done))
  const saving = ask('R1', { ...wish, sign: false })
  await ask('R1', wish) // the second tap
  expect(server).toHaveBeenCalledOnce()
  ready()
  await saving
  back()
  stop = startAsking()
  await vi.advanceTimersByTimeAsync(2 * patience)
  expect(server).toHaveBeenCalledTimes(2)
  const [path, { headers }] = server.mock.calls[1] as [string, RequestInit]
  expect(path).toBe('/api/reports/R1/sign')
  expect(headers).toMatchObject({ 'If-Match': '"4"' })
  expect(kept('R1')).toBeUndefined()
})

it('asks no more for what is refused, and keeps its text', async () => {
  server.mockImplementation(async () => answer(409, { code: 'version', message: '' }))
  await ask('R1', wish)
  expect(standing()).toMatchObject({ state: 'refused', problem: { code: 'version' } })
  expect(kept('R1')?.text).toEqual(text)
  server.mockClear()
  stop = startAsking()
  await vi.advanceTimersByTimeAsync(2 * patience)
  expect(server).not.toHaveBeenCalled()
})

it('asks for nothing of somebody else, and where nothing can be stored', async () => {
  vi.stubGlobal('sessionStorage', undefined)
  away()
  await ask('R1', wish)
  expect(asked()).toHaveLength(1)
  const own = me.value
  me.value = { person: { id: 'P2' } } as typeof me.value
  expect(asked()).toHaveLength(0)
  me.value = own
})

it('warns who closes the page while something waits', async () => {
  stop = startAsking()
  const closing = () => {
    const event = new Event('beforeunload', { cancelable: true })
    dispatchEvent(event)
    return event.defaultPrevented
  }
  expect(closing()).toBe(false)
  away()
  await ask('R1', wish)
  expect(closing()).toBe(true)
})
