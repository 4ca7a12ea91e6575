// @vitest-environment happy-dom
import { afterEach, expect, it, vi } from 'vitest'
import { asideWords } from '../../i18n/aside'
import { FakeCall } from '../testing/fake'
import { button, press, said, show } from '../testing/page'
import { asks } from './Satisfaction'
import { eventually } from '../../eventually'

const invitation = (claims: object) => `e30.${btoa(JSON.stringify(claims)).replaceAll('=', '')}.x`
const patient = invitation({ jti: 'p-ABC', role: 'guest', kind: 'consultation' })

afterEach(() => vi.unstubAllGlobals())

it('asks patients of the practice, and nobody else', () => {
  expect(asks(patient)).toBe(true)
  for (const claims of [
    { jti: 'p-ABC', role: 'host', kind: 'consultation' },
    { jti: 'p-ABC', role: 'guest', kind: 'telestaff' },
    { jti: 'ABC', role: 'guest', kind: 'consultation' },
    {},
  ])
    expect(asks(invitation(claims))).toBe(false)
  expect(asks('')).toBe(false)
  expect(asks('a.b.c')).toBe(false)
})

it('sends one answer, and says when it has not gone', async () => {
  const { satisfaction } = asideWords.value
  const sent: unknown[] = []
  let status = 0
  vi.stubGlobal('fetch', (_: string, { body }: { body: string }) => {
    sent.push(JSON.parse(body))
    if (status === 0) return Promise.reject(new Error('no link'))
    return Promise.resolve(new Response(null, { status }))
  })
  const call = new FakeCall()
  call.token = patient
  call.me.value = { id: 'me', name: 'Mme Rey', role: 'guest' }
  call.place.value = 'ended'
  call.ended.value = { reason: 'ended', place: 'room', canReturn: true }
  const page = show(call)
  await eventually(() => expect(button(page, satisfaction.faces[4]!)).toBeTruthy())
  await press(page, satisfaction.faces[4]!)
  await eventually(() => expect(said(page)).toContain(satisfaction.failed))
  status = 204
  await press(page, satisfaction.faces[3]!)
  await eventually(() => expect(said(page)).toContain(satisfaction.thanks))
  expect(sent).toEqual([
    { invitation: patient, face: 5 },
    { invitation: patient, face: 4 },
  ])
})
