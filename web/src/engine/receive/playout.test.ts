// @vitest-environment happy-dom
import { beforeEach, expect, test, vi } from 'vitest'
import { Playout } from './playout'
import { AudioLevelMeter, audioLevelOf } from '../send/audioLevel'
import { FakeAudio, useFakeBrowser } from '../testing/browser'
import { FakeReceiver, FakeTrack, settled } from '../testing/fakes'

useFakeBrowser()

class FakeContext {
  static all: FakeContext[] = []
  currentTime = 0
  closed = false
  constructor() {
    FakeContext.all.push(this)
  }
  close = async () => void (this.closed = true)
  resume = async () => {}
  createMediaStreamDestination = () => ({ stream: 'tone' })
  createMediaStreamSource = () => ({ connect: () => {} })
}
class FakeNode {
  gain = { setTargetAtTime: () => {} }
  frequency = { setValueAtTime: (hertz: number) => void notes.push(hertz) }
  fftSize = 4
  onended?: () => void
  connect = (next: unknown) => next
  start = () => {}
  stop = () => this.onended?.()
  getFloatTimeDomainData = (samples: Float32Array) => samples.fill(loudness)
}
let loudness = 0
let notes: number[] = []

beforeEach(() => {
  FakeContext.all = []
  loudness = 0
  notes = []
  vi.stubGlobal('AudioContext', FakeContext)
  for (const node of ['OscillatorNode', 'GainNode', 'AnalyserNode']) vi.stubGlobal(node, FakeNode)
})

test('the level goes along decibels from silence to full scale', () => {
  expect(audioLevelOf(new Float32Array(4))).toBe(0)
  expect(audioLevelOf(new Float32Array(4).fill(1))).toBe(1)
  expect(audioLevelOf(new Float32Array(4).fill(0.001))).toBeCloseTo(0)
  expect(audioLevelOf(new Float32Array(4).fill(0.0316))).toBeCloseTo(0.5, 2)
})

test('the microphone is measured only while somebody looks, whichever it is', () => {
  const meter = new AudioLevelMeter()
  meter.attach(new FakeTrack('audio') as unknown as MediaStreamTrack)
  expect(FakeContext.all).toEqual([])
  const seen: number[] = []
  const stop = meter.level.subscribe((level) => seen.push(level))
  loudness = 1
  vi.advanceTimersToNextFrame()
  expect(seen).toEqual([0, 1])
  meter.attach(new FakeTrack('audio') as unknown as MediaStreamTrack)
  expect(FakeContext.all.map((context) => context.closed)).toEqual([true, false])
  vi.advanceTimersToNextFrame()
  expect(seen).toEqual([0, 1, 0, 1])
  meter.attach(null)
  expect(seen.at(-1)).toBe(0)
  stop()
  expect(FakeContext.all.every((context) => context.closed)).toBe(true)
})

test('voices and tone go to the chosen loudspeaker', async () => {
  vi.spyOn(Playout, 'selectable', 'get').mockReturnValue(true)
  const playout = new Playout()
  await playout.play([new FakeReceiver('audio') as unknown as RTCRtpReceiver])
  await playout.chooseSink('s1')
  await playout.tone()
  expect(notes, 'three, as the lobby says').toHaveLength(3)
  expect(FakeAudio.all.map((player) => player.sink)).toEqual(['s1', 's1'])
  expect(FakeContext.all.at(-1)!.closed).toBe(true)
  playout.stop()
  expect(FakeAudio.all.every((player) => player.srcObject === null)).toBe(true)
})

test('a tone that may not play leaves nothing open', async () => {
  FakeAudio.blocked = true
  await expect(new Playout().tone()).rejects.toThrow()
  expect(FakeContext.all.at(-1)!.closed).toBe(true)
})

const voiceOf = (playout: Playout) =>
  playout
    .play([new FakeReceiver('audio') as unknown as RTCRtpReceiver])
    .then(() => FakeAudio.all.at(-1)!)

test('a voice that the system pauses is played again', async () => {
  const playout = new Playout()
  const voice = await voiceOf(playout)
  vi.advanceTimersByTime(5_000)
  voice.pause()
  expect([voice.paused, playout.blocked.value]).toEqual([false, false])
})

test('a voice that the system keeps paused waits for a touch', async () => {
  const playout = new Playout()
  const voice = await voiceOf(playout)
  vi.advanceTimersByTime(5_000)
  voice.pause()
  vi.advanceTimersByTime(100)
  voice.pause()
  expect([voice.paused, playout.blocked.value]).toEqual([true, true])
  await playout.start()
  expect([voice.paused, playout.blocked.value]).toEqual([false, false])
})

test('a voice that may not go on says so', async () => {
  const playout = new Playout()
  const voice = await voiceOf(playout)
  vi.advanceTimersByTime(5_000)
  FakeAudio.blocked = true
  voice.pause()
  await settled()
  expect(playout.blocked.value).toBe(true)
})

test('a loudspeaker that goes away is replaced and told, and taken back', async () => {
  vi.spyOn(Playout, 'selectable', 'get').mockReturnValue(true)
  let lost = 0
  const playout = new Playout(() => lost++)
  const voice = await voiceOf(playout)
  await playout.chooseSink('s1')
  await playout.listed([{ id: 's1' }, { id: 's2' }])
  expect([voice.sink, lost]).toEqual(['s1', 0])
  await playout.listed([{ id: 's2' }])
  expect([voice.sink, playout.sink.value, lost]).toEqual(['', undefined, 1])
  await playout.listed([{ id: 's2' }])
  expect(lost, 'it is told once').toBe(1)
  await playout.listed([{ id: 's1' }, { id: 's2' }])
  expect([voice.sink, playout.sink.value, lost]).toEqual(['s1', 's1', 1])
})
