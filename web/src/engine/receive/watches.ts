/**
 * The pictures on the page: measures the elements, tells the server what is looked at, and puts the
 * slots' tracks into them, each visible only while the frame in it is the watched source's.
 */
import { signal } from '@preact/signals-core'
import type { ReadonlySignal, Signal } from '@preact/signals-core'
import type { CallMode, Slot, Subscription } from '../../protocol/messages'
import type { QualityLevel, Picture, PictureSource, PictureQuality, Watch } from '../api'
import { smallSubscriptions } from '../room/dataSaver'
import { PictureMeter } from './pictureQuality'
import { ownerOf, pictureOf, slotOf } from './slots'
import { subscriptionsOf } from './subscriptions'

const settleAfter = 100 // ms: of a layout that moves only the last size is told
// ms after which a frame is believed to be of the slot's source in a browser that tells no
// contributing sources
const trustAfter = 1_000

// ms after which a picture that the system has paused is played again: what holds it may go on
const replayAfter = 1_000

export interface WatchesNeeds {
  published(participant: string, source: PictureSource): boolean
  receiver(mid: string): RTCRtpReceiver | undefined
  subscribe(subscriptions: Subscription[]): void
}

type Entry = {
  element: HTMLVideoElement
  participant: string
  source: PictureSource
  priority: number
  width: number
  height: number
  picture: Signal<Picture>
  quality: Signal<PictureQuality>
  meter: PictureMeter
  at: number // ms since epoch, when its last frame was presented
  slot?: Slot
  receiver?: RTCRtpReceiver
  since: number // performance.now() when the slot became this source's
  shown: boolean
  fresh: boolean
  watch?: Watch // who may close it
  stop(): void
}

export class Watches {
  private readonly entries = new Map<Element, Entry>()
  slots: readonly Slot[] = []
  private mode: CallMode = 'automatic'
  private receiving = true
  private shown = false // something, ever
  private timer?: ReturnType<typeof setTimeout>
  private readonly observer = new ResizeObserver((changes) => this.resized(changes))

  constructor(private readonly needs: WatchesNeeds) {}

  watch(
    element: HTMLVideoElement,
    participant: string,
    source: PictureSource,
    priority: number,
  ): Watch {
    const before = this.entries.get(element)
    if (before?.participant === participant && before.source === source)
      return this.again(before, priority)
    before?.stop() // one element shows one picture
    element.muted = true // voices have elements of their own
    element.autoplay = true
    element.playsInline = true
    element.onpause = () => setTimeout(() => this.playAgain(element), replayAfter)
    const picture = signal<Picture>({ state: 'off' })
    const entry: Entry = {
      element,
      participant,
      source,
      priority,
      picture,
      quality: signal<PictureQuality>({ assessable: true }),
      meter: new PictureMeter(),
      width: 0,
      height: 0,
      since: 0,
      at: 0,
      shown: false,
      fresh: false,
      stop: () => this.stop(entry),
    }
    this.entries.set(element, entry)
    const watch = this.claim(entry)
    this.show(entry, false)
    onEveryFrame(entry, (frame) => this.presented(entry, frame))
    this.observer.observe(element)
    this.update(entry)
    return watch
  }

  /**
   * The same picture in another place of the page: goes on without a gap, and only the last watch
   * closes it.
   */
  private again(entry: Entry, priority: number): Watch {
    entry.priority = priority
    this.tellSoon()
    return this.claim(entry)
  }

  private claim(entry: Entry): Watch {
    const watch: Watch = {
      picture: entry.picture as ReadonlySignal<Picture>,
      quality: entry.quality as ReadonlySignal<PictureQuality>,
      close: () => {
        if (entry.watch === watch) entry.stop()
      },
    }
    entry.watch = watch
    return watch
  }

  /** What each slot carries from now on. */
  assign(slots: readonly Slot[]): void {
    this.slots = slots
    this.refresh()
  }

  /** Somebody's link is why a picture is worse than watched. */
  get limited(): boolean {
    return this.slots.some(({ reason }) => reason === 'downlink' || reason === 'uplink')
  }

  /** By choice: small pictures, or none of others. */
  choose(mode: CallMode, receiving: boolean): void {
    this.mode = mode
    this.receiving = receiving
    this.refresh()
    this.tell()
  }

  /** Something that a picture follows from has changed: the roster, the slots, the connection. */
  refresh(): void {
    for (const entry of this.entries.values()) this.update(entry)
  }

  /** Tells the server now what is looked at. */
  tell(): void {
    clearTimeout(this.timer)
    this.timer = undefined
    // Before the page has drawn anything the server's own first guess of what it will show is
    // better than nothing.
    if (!this.entries.size && !this.shown && this.receiving) return
    this.shown = true
    const subscriptions = this.receiving ? subscriptionsOf(this.entries.values()) : []
    this.needs.subscribe(this.mode === 'saver' ? smallSubscriptions(subscriptions) : subscriptions)
  }

  /**
   * Measures what is seen, to be called once a second; tells whose face is how good. On a hidden
   * page nothing is seen.
   */
  measure(now: number, hidden: boolean): Record<string, QualityLevel> {
    const levels: Record<string, QualityLevel> = {}
    for (const {
      participant,
      source,
      meter,
      element,
      picture,
      slot,
      quality,
    } of this.entries.values()) {
      if (source !== 'camera') continue // a document that does not move is no bad picture
      if (hidden) meter.pause()
      const lines = Math.min(element.videoWidth, element.videoHeight)
      const next = meter.sample(now, picture.peek(), slot?.reason, lines)
      if (JSON.stringify(next) !== JSON.stringify(quality.peek())) quality.value = next
      if (next.level) levels[participant] = next.level
    }
    return levels
  }

  private resized(changes: ResizeObserverEntry[]): void {
    let appeared = false
    for (const { target, contentRect } of changes) {
      const entry = this.entries.get(target)
      if (!entry) continue
      appeared ||= entry.width === 0
      entry.width = contentRect.width * devicePixelRatio
      entry.height = contentRect.height * devicePixelRatio
    }
    if (appeared) this.tell()
    else this.tellSoon()
  }

  private tellSoon(): void {
    this.timer ??= setTimeout(() => this.tell(), settleAfter)
  }

  private stop(entry: Entry): void {
    if (this.entries.get(entry.element) !== entry) return
    this.entries.delete(entry.element)
    this.observer.unobserve(entry.element)
    entry.element.onpause = null
    entry.element.srcObject = null
    this.tellSoon()
  }

  /** The system has paused it, for a call or in the background. */
  private playAgain(element: HTMLVideoElement): void {
    if (this.entries.get(element)?.receiver && element.paused) element.play().catch(() => {})
  }

  private update(entry: Entry): void {
    const slot = slotOf(this.slots, entry.participant, entry.source)
    const receiver = slot && this.needs.receiver(slot.mid)
    if (receiver !== entry.receiver || slot?.csrc !== entry.slot?.csrc) {
      this.show(entry, false)
      entry.since = performance.now()
      entry.meter.pause() // another source, and frames are counted anew
    }
    if (receiver !== entry.receiver) {
      entry.element.srcObject = receiver ? new MediaStream([receiver.track]) : null
      // Muted video may always play; a refusal means that the element has been taken away.
      if (receiver) entry.element.play().catch(() => {})
    }
    if (!this.wanted(entry)) this.show(entry, false)
    if (slot?.paused) entry.fresh = false
    entry.slot = slot
    entry.receiver = receiver
    this.paint(entry)
  }

  private presented(entry: Entry, frame?: VideoFrameCallbackMetadata): void {
    if (!entry.slot || !entry.receiver || !this.wanted(entry)) return
    const sources = entry.receiver.getContributingSources?.() ?? []
    const right = sources.length
      ? ownerOf(sources, frame?.rtpTimestamp) === entry.slot.csrc
      : performance.now() - entry.since > trustAfter
    if (right !== entry.shown) this.show(entry, right)
    if (right) {
      // Without callbacks the clock of the element is slower than its frames: only a count tells
      // how many there were.
      const count = frame
        ? frame.presentedFrames
        : entry.element.getVideoPlaybackQuality?.().totalVideoFrames
      if (frame || count) entry.meter.frame(performance.now(), count)
      entry.at = performance.now()
    }
    entry.fresh = right && !entry.slot.paused
    this.paint(entry)
  }

  private wanted({ participant, source }: Entry): boolean {
    return this.receiving && this.needs.published(participant, source)
  }

  // The element itself is hidden, at once: a page that follows the signal draws a moment later.
  private show(entry: Entry, on: boolean): void {
    entry.shown = on
    entry.fresh &&= on
    entry.element.style.visibility = on ? '' : 'hidden'
  }

  private paint(entry: Entry): void {
    const next = pictureOf(
      {
        wanted: this.wanted(entry),
        slot: entry.slot,
        shown: entry.shown,
        fresh: entry.fresh,
        width: entry.element.videoWidth,
        height: entry.element.videoHeight,
        at: entry.at,
      },
      entry.picture.peek(),
    )
    if (JSON.stringify(next) !== JSON.stringify(entry.picture.peek())) entry.picture.value = next
  }
}

/**
 * Calls back for every frame that reaches the screen until the entry stops; hidden elements count.
 */
function onEveryFrame(entry: Entry, callback: (frame?: VideoFrameCallbackMetadata) => void): void {
  const { element, stop } = entry
  let cancel: () => void
  if (element.requestVideoFrameCallback) {
    const next = () =>
      element.requestVideoFrameCallback((_, frame) => {
        handle = next()
        callback(frame)
      })
    let handle = next()
    cancel = () => element.cancelVideoFrameCallback(handle)
  } else {
    // Firefox before 132: the clock of the element moves with its frames.
    const moved = () => callback()
    element.addEventListener('timeupdate', moved)
    cancel = () => element.removeEventListener('timeupdate', moved)
  }
  entry.stop = () => {
    cancel()
    stop()
  }
}
