import { afterEach, expect, it, vi } from 'vitest'
import { follow, text, textingIn } from './texting'

const room = `a-${'B'.repeat(26)}`
const wanted = { name: 'Mme Demo', phone: '06 12 34 56 78', language: 'fr' }

function server(status: number, answer: unknown) {
  const asked = vi.fn(async (_path: string, _how: RequestInit) =>
    Promise.resolve(new Response(JSON.stringify(answer), { status })),
  )
  vi.stubGlobal('fetch', asked)
  return asked
}

afterEach(() => vi.unstubAllGlobals())

it('asks the practice about its own rooms alone', async () => {
  const asked = server(200, { sms: true })
  expect(await textingIn('staff-mardi')).toBe('no')
  expect(await textingIn(undefined)).toBe('no')
  expect(asked).not.toHaveBeenCalled()
  expect(await textingIn(room)).toBe('yes')
  expect(asked.mock.calls[0]![0]).toBe(`/api/calls/${room}`)
})

it.each([
  [200, { sms: false }, 'no'],
  [401, { code: 'signed-out', message: '' }, 'signed-out'],
  [403, { code: 'forbidden', message: '' }, 'no'],
  [404, { code: 'not-found', message: '' }, 'no'],
] as const)('%d %j: %s', async (status, answer, texting) => {
  server(status, answer)
  expect(await textingIn(room)).toBe(texting)
})

it.each([
  [201, { message: 'M', state: 'waiting', reason: '' }, { state: 'going', message: 'M' }],
  [
    201,
    { message: 'M', state: 'waiting', reason: 'away' },
    { state: 'going', message: 'M', reason: 'away' },
  ],
  [200, { message: 'M', state: 'sent', reason: '' }, { state: 'sent', message: 'M' }],
  [
    200,
    { message: 'M', state: 'failed', reason: 'refused' },
    { state: 'failed', reason: 'refused' },
  ],
  [
    200,
    { message: 'M', state: 'dropped', reason: 'too-late' },
    { state: 'failed', reason: 'too-late' },
  ],
])('%d %j is %j', async (status, answer, fate) => {
  server(status, answer)
  expect(await text(room, wanted)).toEqual(fate)
  expect(await follow(room, 'M')).toEqual(fate)
})

it.each([
  [{ code: 'invalid', field: 'phone' }, 422, { why: 'phone' }],
  [{ code: 'invalid', field: 'name' }, 422, { why: 'name' }],
  [{ code: 'too-many', retryAt: 7 }, 429, { why: 'too-many', until: 7 }],
  [{ code: 'too-late' }, 410, { why: 'too-late' }],
  [{ code: 'signed-out' }, 401, { why: 'signed-out' }],
  [{ code: 'forbidden' }, 403, { why: 'not-here' }],
  [{ code: 'internal' }, 500, { why: 'unreached' }],
])('%j is told as what it is', async (failure, status, told) => {
  server(status, { message: '', ...failure })
  expect(await text(room, wanted)).toEqual({ state: 'refused', until: undefined, ...told })
})

it('a proxy’s page is no reason to give up a message on its way', async () => {
  vi.stubGlobal('fetch', async () => Promise.resolve(new Response('<html>', { status: 502 })))
  expect(await text(room, wanted)).toMatchObject({ state: 'refused', why: 'unreached' })
  expect(await follow(room, 'M')).toEqual({ state: 'going', message: 'M' })
})
