import { expect, test } from 'vitest'
import { kindOf } from './invitation'

test.each([
  ['{"kind":"telestaff","name":"Zoé > ?"}', 'telestaff'], // in the alphabet of URLs, with - and _
  ['{"kind":"consultation"}', 'consultation'],
  ['{"kind":"party"}', 'consultation'],
  ['{}', 'consultation'],
  ['not JSON', 'consultation'],
])('%s: a %s', (payload, kind) => {
  const bytes = String.fromCharCode(...new TextEncoder().encode(payload))
  const coded = btoa(bytes).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')
  expect(kindOf(`header.${coded}.signature`)).toBe(kind)
})

test('a damaged link is for the server to refuse', () => {
  expect(kindOf('')).toBe('consultation')
  expect(kindOf('a.!.b')).toBe('consultation')
})
