import { expect, test } from 'vitest'
import type { Encoding } from '../../protocol/messages'
import type { Delivery } from '../api'
import { deliveryOf } from './delivery'

const q: Encoding = { rid: 'q', active: true }
const f: Encoding = { rid: 'f', active: true }

test.each<[string, Encoding[], Delivery]>([
  ['nothing told yet', [], 'whole'],
  ['all that is asked for', [q, f], 'whole'],
  ['nobody looks', [{ ...q, active: false }], 'whole'],
  [
    'small, by the watchers’ links',
    [
      { ...q, reason: 'downlink' },
      { ...f, active: false },
    ],
    'small-theirs',
  ],
  [
    'small, by one’s own link',
    [
      { ...q, reason: 'uplink' },
      { ...f, active: false, reason: 'downlink' },
    ],
    'small-own',
  ],
  ['small for one, whole for another', [{ ...q, reason: 'downlink' }, f], 'whole'],
  ['a link that has not been tried with more', [{ ...q, reason: 'unproven' }], 'whole'],
  ['a picture every few seconds', [{ ...q, maxFramerate: 0.25, reason: 'uplink' }], 'still-own'],
  [
    'a picture every second, by the watcher’s link',
    [
      { ...q, active: false },
      { ...f, maxFramerate: 1, reason: 'downlink' },
    ],
    'still-theirs',
  ],
  ['cut, by one’s own link', [{ ...q, active: false, reason: 'uplink' }], 'none-own'],
  ['cut, by the watchers’ links', [{ ...q, active: false, reason: 'downlink' }], 'none-theirs'],
])('%s', (_, demand, seen) => {
  expect(deliveryOf(true, demand)).toBe(seen)
})

test('that somebody sees nothing at all comes before all else', () => {
  expect(deliveryOf(true, [{ ...q, reason: 'uplink', unseen: true }], true)).toBe('unseen')
  expect(deliveryOf(false, [{ ...q, unseen: true }])).toBe('whole')
})

test('a busy device is named where no link is to blame', () => {
  expect(deliveryOf(true, [q, f], true)).toBe('small-device')
  expect(deliveryOf(true, [{ ...q, reason: 'uplink' }], true)).toBe('small-own')
  expect(deliveryOf(false, [], true), 'nothing is encoded').toBe('whole')
})

test('a camera that is off is not seen worse than wanted', () => {
  expect(deliveryOf(false, [{ ...q, active: false, reason: 'uplink' }])).toBe('whole')
})
