import { describe, expect, test } from 'vitest'
import type { Picture } from '../api'
import { ownerOf, pictureOf, slotOf } from './slots'
import type { Evidence } from './slots'
import { aSlot } from '../testing/fakes'

const from = (source: number, rtpTimestamp: number, timestamp = 0) => ({
  source,
  rtpTimestamp,
  timestamp,
})

describe('whose frame is on the screen', () => {
  test('the source whose latest frame it is', () => {
    expect(ownerOf([from(2, 9000), from(1, 4500)], 9000)).toBe(2)
    expect(ownerOf([from(2, 9000), from(1, 4500)], 4500)).toBe(1)
  })
  test('the old source while its last frame is still shown and the new one decodes already', () => {
    expect(ownerOf([from(2, 13500), from(1, 4500)], 4500)).toBe(1)
  })
  test('the new source when several of its frames have been decoded since', () => {
    expect(ownerOf([from(2, 18000), from(1, 4500)], 9000)).toBe(2)
  })
  test('the clock of 32 bits turns over between two sources', () => {
    expect(ownerOf([from(2, 1000), from(1, 2 ** 32 - 3500)], 1000)).toBe(2)
    expect(ownerOf([from(2, 1000), from(1, 2 ** 32 - 3500)], 2 ** 32 - 3500)).toBe(1)
  })
  test('a browser that tells late: the frame before decides', () => {
    expect(ownerOf([from(1, 4500)], 9000)).toBe(1)
    expect(ownerOf([from(2, 9000), from(1, 4500)], 13500)).toBe(2)
  })
  test('a browser that does not tell the timestamp of the frame: the source decoded last', () => {
    expect(ownerOf([from(1, 4500, 10), from(2, 9000, 20)])).toBe(2)
  })
  test('nobody, when no source is told', () => {
    expect(ownerOf([], 9000)).toBeUndefined()
  })
})

test('a picture is fed by the slot of the same participant and source', () => {
  const slots = [aSlot('a', 1), aSlot('a', 2, { source: 'screen', mid: '7' })]
  expect(slotOf(slots, 'a', 'screen')?.csrc).toBe(2)
  expect(slotOf(slots, 'b', 'camera')).toBeUndefined()
})

describe('the state of a picture', () => {
  const coming: Picture = { state: 'coming' }
  const evidence = (change: Partial<Evidence> = {}): Evidence => ({
    wanted: true,
    slot: aSlot('a', 1),
    shown: true,
    fresh: true,
    width: 640,
    height: 360,
    at: 7,
    ...change,
  })
  test.each<[string, Partial<Evidence>, Picture]>([
    ['of a source that is not live', { wanted: false }, { state: 'off' }],
    ['without a slot', { slot: undefined }, coming],
    ['in a slot that still shows somebody else', { shown: false }, coming],
    ['of the right source', {}, { state: 'live', width: 640, height: 360 }],
    [
      'paused for a reason',
      { slot: aSlot('a', 1, { paused: true, reason: 'downlink' }) },
      { state: 'paused', reason: 'downlink' },
    ],
    [
      'paused for no reason told',
      { slot: aSlot('a', 1, { paused: true }) },
      { state: 'paused', reason: 'publisher' },
    ],
    [
      'still, by the publisher’s link',
      { slot: aSlot('a', 1, { still: true, reason: 'uplink' }) },
      { state: 'still', reason: 'uplink', at: 7 },
    ],
    [
      'still, by one’s own link',
      { slot: aSlot('a', 1, { still: true, reason: 'downlink' }) },
      { state: 'still', reason: 'downlink', at: 7 },
    ],
    ['still, and not seen yet', { slot: aSlot('a', 1, { still: true }), shown: false }, coming],
    [
      'for which no slot is left',
      { slot: aSlot('a', 1, { mid: '', reason: 'slots' }) },
      { state: 'paused', reason: 'slots' },
    ],
  ])('%s', (_, change, expected) => {
    expect(pictureOf(evidence(change), coming)).toEqual(expected)
  })
  test('a pause ends with the next frame, not with the promise of one', () => {
    const before: Picture = { state: 'paused', reason: 'uplink' }
    expect(pictureOf(evidence({ fresh: false }), before)).toBe(before)
    expect(pictureOf(evidence(), before)).toEqual({ state: 'live', width: 640, height: 360 })
  })
})
