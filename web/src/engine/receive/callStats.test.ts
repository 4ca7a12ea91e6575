// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { QualityLevel, Delivery } from '../api'
import { Traffic, CallStats } from './callStats'

type Stats = Record<string, unknown>[]

let reports: Stats
let speaks: number | undefined
let faces: Record<string, QualityLevel>
let seen: Delivery
let used: number
let stats: CallStats

const connection = {
  getStats: async () => new Map(reports.map((report, i) => [i, report])),
  getReceivers: () => [
    {
      track: { id: 'voice' },
      getContributingSources: () => (speaks ? [{ source: speaks, timestamp: 1 }] : []),
    },
  ],
} as unknown as RTCPeerConnection

beforeEach(() => {
  vi.useFakeTimers()
  reports = []
  speaks = undefined
  faces = {}
  seen = 'whole'
  used = 0
  stats = new CallStats({
    connection: () => connection,
    faces: () => faces,
    voiceOf: (number) => (number === 7 ? 'a' : undefined),
    me: () => 'me',
    delivery: () => seen,
    used: (bytes) => (used = bytes),
  })
})
afterEach(() => {
  stats.stop()
  vi.useRealTimers()
})

const seconds = (count: number) => vi.advanceTimersByTimeAsync(count * 1_000)

test('what was used is counted on from before', async () => {
  reports = [{ type: 'transport', bytesSent: 1_000, bytesReceived: 3_000 }]
  stats.start(10_000)
  await seconds(1)
  expect([stats.usedBytes.value, used]).toEqual([14_000, 14_000])
  reports = [{ type: 'transport', bytesSent: 2_000, bytesReceived: 3_000 }]
  await seconds(2)
  expect(stats.usedBytes.value).toBe(15_000)
  stats.stop()
  reports = []
  await seconds(5)
  expect(used).toBe(15_000)
})

test('another connection counts from zero; without transports the pairs count', () => {
  const traffic = new Traffic()
  const pairs = (bytesSent: number) => [
    { type: 'candidate-pair', bytesSent },
    { type: 'candidate-pair', bytesReceived: 5 },
  ]
  expect(traffic.add(connection, pairs(100))).toBe(105)
  expect(traffic.add(connection, pairs(120))).toBe(20)
  expect(traffic.add({} as RTCPeerConnection, pairs(30))).toBe(35)
})

test('a voice that must be made up makes its speaker’s level worse, and comes back', async () => {
  faces = { a: 'good', b: 'fair' }
  speaks = 7
  const voice = {
    type: 'inbound-rtp',
    kind: 'audio',
    trackIdentifier: 'voice',
    totalSamplesReceived: 0,
    concealedSamples: 0,
    silentConcealedSamples: 0,
  }
  reports = [voice]
  stats.start(0)
  const pass = async (count: number, concealed: number) => {
    for (let second = 0; second < count; second++) {
      voice.totalSamplesReceived += 48_000
      voice.concealedSamples += concealed + 500
      voice.silentConcealedSamples += 500
      await seconds(1)
    }
  }
  await pass(3, 0)
  expect(stats.qualityLevels.value).toEqual({ a: 'good', b: 'fair', me: 'good' })
  await pass(4, 9_000)
  expect(stats.qualityLevels.value).toEqual({ a: 'weak', b: 'fair', me: 'good' })
  await pass(8, 0)
  expect(stats.qualityLevels.value).toEqual({ a: 'good', b: 'fair', me: 'good' })
})

test('the way to the server is as long as the round trip of the pair in use', async () => {
  const pair = {
    type: 'candidate-pair',
    state: 'succeeded',
    nominated: true,
    currentRoundTripTime: 0.05,
    id: 'p',
  }
  reports = [{ ...pair, state: 'in-progress', currentRoundTripTime: 0.001, id: 'o' }, pair]
  stats.start(0)
  await seconds(2)
  expect(stats.roundTrip.long).toBe(true)
})

test('what the others get is told when it has lasted', async () => {
  stats.start(0)
  seen = 'none-own'
  await seconds(1)
  expect(stats.delivery.value).toBe('whole')
  await seconds(3)
  expect([stats.delivery.value, stats.qualityLevels.value['me']]).toEqual(['none-own', 'weak'])
  seen = 'whole'
  await seconds(6)
  expect([stats.delivery.value, stats.qualityLevels.value['me']]).toEqual(['whole', 'good'])
})

test('a connection that is gone is no harm', async () => {
  reports = [null as unknown as Record<string, unknown>]
  stats.start(5)
  await seconds(2)
  expect(stats.usedBytes.value).toBe(5)
})
