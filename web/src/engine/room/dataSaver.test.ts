import { expect, test } from 'vitest'
import type { Subscription } from '../../protocol/messages'
import { smallDemand, smallSubscriptions } from './dataSaver'

const want: Subscription = {
  participant: 'a',
  source: 'camera',
  width: 960,
  height: 544,
  priority: 2,
}
const scales = { q: 2, f: 1, '': 1 }

test('small pictures are asked for, the main one larger; a document stays readable', () => {
  expect(
    smallSubscriptions([
      want,
      { ...want, priority: 1 },
      { ...want, width: 96, height: 64, priority: 0 },
      { ...want, source: 'screen', priority: 3 },
    ]).map(({ width, height }) => [width, height]),
  ).toEqual([
    [320, 180],
    [160, 90],
    [96, 64],
    [960, 544],
  ])
})

test('one small encoding is sent, whatever is asked for', () => {
  const demand = [
    { rid: 'q', active: true },
    { rid: 'f', active: true, maxBitrate: 700_000 },
  ]
  expect(smallDemand('camera', demand, scales)).toEqual([
    { rid: 'q', active: true, maxBitrate: 120_000, maxFramerate: 15, scaleResolutionDownBy: 2 },
    { rid: 'f', active: false, maxBitrate: 700_000 },
  ])
  expect(
    smallDemand(
      'camera',
      [
        { rid: 'q', active: false },
        { rid: 'f', active: true, maxBitrate: 60_000, maxFramerate: 7, scaleResolutionDownBy: 3 },
      ],
      scales,
    ),
  ).toEqual([
    { rid: 'q', active: false },
    { rid: 'f', active: true, maxBitrate: 60_000, maxFramerate: 7, scaleResolutionDownBy: 3 },
  ])
})

test('what nobody watches is not sent; a document moves less and stays sharp', () => {
  expect(
    smallDemand(
      'camera',
      [
        { rid: 'q', active: false },
        { rid: 'f', active: false },
      ],
      scales,
    ).some((one) => one.active),
  ).toBe(false)
  expect(smallDemand('screen', [{ rid: '', active: true }], scales)).toEqual([
    { rid: '', active: true, maxBitrate: 200_000, maxFramerate: 5, scaleResolutionDownBy: 1 },
  ])
  expect(
    smallDemand('microphone', [{ rid: '', active: true, maxBitrate: 24_000 }], scales),
  ).toEqual([{ rid: '', active: true, maxBitrate: 24_000 }])
})
