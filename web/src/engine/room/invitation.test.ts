import { expect, test } from 'vitest'
import { readInvitation } from './invitation'

test.each([
  [
    '{"kind":"telestaff","role":"guest","name":"Zoé > ?"}',
    { kind: 'telestaff', role: 'guest', name: 'Zoé > ?' },
  ], // coded with - and _
  ['{"kind":"consultation"}', { kind: 'consultation', name: '' }],
  ['{"kind":"party","role":"owner","name":7}', { kind: 'consultation', name: '' }],
  ['{}', { kind: 'consultation', name: '' }],
  ['not JSON', { kind: 'consultation', name: '' }],
])('%s', (payload, invitation) => {
  const bytes = String.fromCharCode(...new TextEncoder().encode(payload))
  const coded = btoa(bytes).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')
  expect(readInvitation(`header.${coded}.signature`)).toEqual(invitation)
})

test('a damaged link is for the server to refuse', () => {
  const usual = { kind: 'consultation', name: '' }
  expect(readInvitation('')).toEqual(usual)
  expect(readInvitation('a.!.b')).toEqual(usual)
})
