// @vitest-environment happy-dom
import { beforeEach, expect, test, vi } from 'vitest'
import type { Subscription } from '../../protocol/messages'
import type { Watch } from '../api'
import { FakeResizeObserver, useFakeBrowser } from '../testing/browser'
import { FakeReceiver, aSlot } from '../testing/fakes'
import { Watches } from './watches'

useFakeBrowser()

type Video = HTMLVideoElement & { present(rtpTimestamp: number): void }

function plainVideo(): HTMLVideoElement {
  const element = document.createElement('video')
  // takes our fake streams
  Object.defineProperty(element, 'srcObject', { value: null, writable: true })
  return Object.assign(element, {
    play: async () => {},
    requestVideoFrameCallback: undefined,
  }) as unknown as HTMLVideoElement
}

/** A video element that presents a frame when the test says so. */
function video(): Video {
  const callbacks = new Map<number, VideoFrameRequestCallback>()
  let handles = 0
  return Object.assign(plainVideo(), {
    requestVideoFrameCallback: (callback: VideoFrameRequestCallback) => {
      callbacks.set(++handles, callback)
      return handles
    },
    cancelVideoFrameCallback: (handle: number) => void callbacks.delete(handle),
    present(rtpTimestamp: number) {
      const due = [...callbacks.values()]
      callbacks.clear()
      for (const callback of due) callback(0, { rtpTimestamp } as VideoFrameCallbackMetadata)
    },
  }) as unknown as Video
}

let receivers: Record<string, FakeReceiver>
let views: Subscription[][]
let live: boolean
let watches: Watches
let element: Video
let watch: Watch

beforeEach(() => {
  receivers = { 6: new FakeReceiver('video'), 7: new FakeReceiver('video') }
  views = []
  live = true
  watches = new Watches({
    published: () => live,
    receiver: (mid) => receivers[mid] as unknown as RTCRtpReceiver,
    subscribe: (subscriptions) => views.push(subscriptions),
  })
  element = video()
  watch = watches.watch(element, 'a', 'camera', 1)
})

const resize = (width: number, height: number) =>
  FakeResizeObserver.all.at(-1)!.resize(element, width, height)
const decoded = (source: number, rtpTimestamp: number, mid = '6') =>
  receivers[mid]!.sources.unshift({ source, rtpTimestamp, timestamp: rtpTimestamp })
const hidden = () => element.style.visibility === 'hidden'

test('an element that appears is told at once, one that grows when it has settled', () => {
  resize(320, 180)
  expect(views).toEqual([
    [{ participant: 'a', source: 'camera', width: 320, height: 192, priority: 1 }],
  ])
  resize(400, 200)
  resize(640, 360)
  expect(views).toHaveLength(1)
  vi.advanceTimersByTime(100)
  expect(views).toHaveLength(2)
  expect(views[1]).toMatchObject([{ width: 640, height: 384 }])
  watch.close()
  vi.advanceTimersByTime(100)
  expect(views[2]).toEqual([])
})

test('hidden until the first frame of the watched source is on the screen', () => {
  expect(watch.picture.value).toEqual({ state: 'coming' })
  watches.assign([aSlot('a', 1)])
  expect((element.srcObject as unknown as { tracks: unknown[] }).tracks).toEqual([
    receivers[6]!.track,
  ])
  expect(hidden()).toBe(true)
  decoded(1, 4500)
  element.present(4500)
  expect(hidden()).toBe(false)
  expect(watch.picture.value.state).toBe('live')
})

test('a slot that changes hands hides the element before the first frame of another', () => {
  watches.assign([aSlot('a', 1)])
  decoded(1, 4500)
  element.present(4500)
  watches.assign([aSlot('b', 2)])
  expect(hidden()).toBe(true)
  expect(element.srcObject).toBeNull()
  expect(watch.picture.value).toEqual({ state: 'coming' })
})

test('a slot given to the watched source stays hidden while older frames are shown', () => {
  const other = video()
  const otherWatch = watches.watch(other, 'b', 'camera', 1)
  watches.assign([aSlot('b', 2)])
  decoded(2, 4500)
  other.present(4500)
  expect(otherWatch.picture.value.state).toBe('live')
  watches.assign([aSlot('a', 1)])
  element.present(4500)
  expect([hidden(), other.style.visibility]).toEqual([true, 'hidden'])
  decoded(1, 9000)
  element.present(4500)
  expect(hidden()).toBe(true)
  element.present(9000)
  expect(hidden()).toBe(false)
})

test('frames of another source are hidden even when no slot change was told', () => {
  watches.assign([aSlot('a', 1)])
  decoded(1, 4500)
  element.present(4500)
  decoded(2, 9000)
  element.present(9000)
  expect(hidden()).toBe(true)
  expect(watch.picture.value).toEqual({ state: 'coming' })
})

test('a pause leaves the last frame, and ends with the next', () => {
  watches.assign([aSlot('a', 1)])
  decoded(1, 4500)
  element.present(4500)
  watches.assign([aSlot('a', 1, { paused: true, reason: 'downlink' })])
  expect(watch.picture.value).toMatchObject({ state: 'paused', reason: 'downlink' })
  expect(hidden()).toBe(false)
  watches.assign([aSlot('a', 1)])
  expect(watch.picture.value.state).toBe('paused')
  decoded(1, 9000)
  element.present(9000)
  expect(watch.picture.value.state).toBe('live')
})

test('a source switched off is hidden, late frames too; it comes back with its next frame', () => {
  watches.assign([aSlot('a', 1)])
  decoded(1, 4500)
  element.present(4500)
  live = false
  watches.refresh()
  element.present(4500)
  expect(watch.picture.value).toEqual({ state: 'off' })
  expect(hidden()).toBe(true)
  live = true
  watches.refresh()
  expect(watch.picture.value).toEqual({ state: 'coming' })
  decoded(1, 9000)
  element.present(9000)
  expect(hidden()).toBe(false)
})

test('a picture watched again goes on without a gap; only the last watch closes it', () => {
  watches.assign([aSlot('a', 1)])
  decoded(1, 4500)
  element.present(4500)
  resize(320, 180)
  const again = watches.watch(element, 'a', 'camera', 2)
  expect([again.picture.value.state, hidden()]).toEqual(['live', false])
  watch.close()
  expect(element.srcObject).not.toBeNull()
  vi.advanceTimersByTime(100)
  expect(views.at(-1)).toMatchObject([{ priority: 2 }])
  again.close()
  expect(element.srcObject).toBeNull()
})

test('another picture in the same element begins hidden', () => {
  watches.assign([aSlot('a', 1), aSlot('b', 2, { mid: '7' })])
  decoded(1, 4500)
  element.present(4500)
  const other = watches.watch(element, 'b', 'camera', 1)
  expect([hidden(), other.picture.value.state]).toEqual([true, 'coming'])
  decoded(2, 9000, '7')
  element.present(9000)
  expect(hidden()).toBe(false)
})

test('sound alone: nothing is looked at', () => {
  resize(320, 180)
  watches.choose('voice', false)
  expect(views.at(-1)).toEqual([])
  expect(watch.picture.value).toEqual({ state: 'off' })
  watches.choose('automatic', true)
  expect(views.at(-1)).toHaveLength(1)
})

test('« économie de données »: small pictures are asked for', () => {
  resize(960, 540)
  watches.choose('saver', true)
  expect(views.at(-1)).toMatchObject([{ width: 160, height: 90 }])
  watches.choose('automatic', true)
  expect(views.at(-1)).toMatchObject([{ width: 960, height: 544 }])
})

test('a still picture tells when it came', () => {
  watches.assign([aSlot('a', 1, { still: true, reason: 'uplink' })])
  decoded(1, 4500)
  element.present(4500)
  const at = performance.now()
  expect(watch.picture.value).toEqual({ state: 'still', reason: 'uplink', at })
  vi.advanceTimersByTime(4_000)
  expect(watch.picture.value).toEqual({ state: 'still', reason: 'uplink', at })
  decoded(1, 9000)
  element.present(9000)
  expect(watch.picture.value).toEqual({ state: 'still', reason: 'uplink', at: at + 4_000 })
})

test('what is seen is measured: frames, lines, and whose link makes it less', () => {
  Object.defineProperties(element, { videoWidth: { value: 640 }, videoHeight: { value: 360 } })
  watches.assign([aSlot('a', 1, { reason: 'downlink' })])
  const second = (frames: number, hidden = false) => {
    for (let frame = 1; frame <= frames; frame++) {
      vi.advanceTimersByTime(1000 / frames)
      decoded(1, performance.now() * 90)
      element.present(performance.now() * 90)
    }
    return watches.measure(performance.now(), hidden)
  }
  for (let time = 0; time < 6; time++) second(20)
  expect(watch.quality.value).toEqual({ level: 'fair', short: 'downlink', assessable: true })
  watches.assign([aSlot('a', 1, { reason: 'downlink', mid: '7' })])
  decoded(1, performance.now() * 90, '7')
  expect(second(20), 'in another slot it is measured anew').toEqual({ a: 'fair' })
  expect(watch.quality.value.frozen).toBeUndefined()
  watches.assign([aSlot('a', 1, { reason: 'downlink' })])
  for (let time = 0; time < 7; time++) second(10)
  expect(watch.quality.value.assessable).toBe(false)
  expect(second(10)).toEqual({ a: 'fair' })
  watches.assign([aSlot('a', 1)])
  for (let time = 0; time < 9; time++) second(20)
  expect(watch.quality.value).toEqual({ level: 'good', short: undefined, assessable: true })
  second(0)
  vi.advanceTimersByTime(2_500)
  watches.measure(performance.now(), false)
  expect(watch.quality.value.frozen, 'whatever the reason').toBe(true)
  second(20)
  expect(watch.quality.value.frozen).toBeUndefined()
  for (let time = 0; time < 9; time++) second(20)
  for (let time = 0; time < 9; time++) second(1, true)
  expect(watch.quality.value.assessable, 'nobody looks at a hidden page').toBe(true)
})

test('a browser that tells no contributing sources is believed after a while', () => {
  watches.assign([aSlot('a', 1)])
  element.present(4500)
  expect(hidden()).toBe(true)
  vi.advanceTimersByTime(1_500)
  element.present(9000)
  expect(hidden()).toBe(false)
})

test('a browser without frame callbacks is followed by the clock of the element', () => {
  const old = plainVideo()
  const seen = watches.watch(old, 'c', 'camera', 0)
  watches.assign([aSlot('c', 3)])
  decoded(3, 4500)
  old.dispatchEvent(new Event('timeupdate'))
  expect(seen.picture.value.state).toBe('live')
  seen.close()
})

test("before anything is drawn the server's guess stands; afterwards nothing is nothing", () => {
  const told: Subscription[][] = []
  const fresh = new Watches({
    published: () => true,
    receiver: () => undefined,
    subscribe: (subscriptions) => told.push(subscriptions),
  })
  fresh.tell()
  expect(told).toEqual([])
  const seen = fresh.watch(video(), 'c', 'camera', 0)
  fresh.tell()
  seen.close()
  fresh.tell()
  expect(told.length).toBeGreaterThan(1)
  expect(told.at(-1)).toEqual([])

  const listener = new Watches({
    published: () => true,
    receiver: () => undefined,
    subscribe: (subscriptions) => told.push(subscriptions),
  })
  told.length = 0
  listener.choose('voice', false)
  expect(told, 'who only listens says so at once').toEqual([[]])
})

test('a link limits when it is why a picture is worse than watched', () => {
  const slots = (reason?: 'downlink' | 'uplink' | 'publisher') => [
    aSlot('a', 1),
    { ...aSlot('b', 2), reason },
  ]
  const limited = ([undefined, 'publisher', 'downlink', 'uplink'] as const).map((reason) => {
    watches.assign(slots(reason))
    return watches.limited
  })
  expect(limited).toEqual([false, false, true, true])
})
