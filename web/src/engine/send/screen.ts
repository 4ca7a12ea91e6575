/** The shared screen or window; what happens to it is decided by the state machine in input.ts. */
import { signal } from '@preact/signals-core'
import type { Notice, ScreenState } from '../api'
import { screenConstraints, troubleOf } from './constraints'
import { type InputEvent, inputView, newInput, step } from './input'

export interface ScreenEvents {
  track(track: MediaStreamTrack | null): void
  changed(): void
  notice(notice: Notice): void
}

export class Screen {
  readonly state = signal<ScreenState>({
    possible: !!navigator.mediaDevices?.getDisplayMedia,
    live: false,
  })
  private input = newInput('screen')
  private current?: MediaStreamTrack

  constructor(private readonly events: ScreenEvents) {}

  get track(): MediaStreamTrack | undefined {
    return this.current
  }

  /** Asks what to share. Closing that question unanswered is no trouble: nothing is shared. */
  async start(): Promise<void> {
    if (!this.current && this.input.phase !== 'opening') await this.dispatch({ type: 'wanted' })
  }

  stop(): void {
    void this.dispatch({ type: 'unwanted' })
  }

  private async dispatch(event: InputEvent): Promise<void> {
    const [next, effects] = step(this.input, event)
    this.input = next
    const { live, trouble } = inputView(next)
    const before = this.state.peek()
    if (live !== before.live || trouble !== before.trouble)
      this.state.value = { ...before, live, trouble }
    for (const effect of effects) {
      if (effect.do === 'close') this.hold(undefined)
      if (effect.do === 'open') await this.open()
      if (effect.do === 'notify') {
        if (event.type === 'ended') this.events.notice({ kind: 'screen-ended' })
        else this.events.notice({ kind: 'device', device: 'screen', trouble: effect.trouble })
      }
    }
    if (live !== before.live) this.events.changed()
  }

  private async open(): Promise<void> {
    try {
      const stream = await navigator.mediaDevices.getDisplayMedia(screenConstraints)
      const track = stream.getVideoTracks()[0]!
      track.contentHint = 'detail' // sharp before smooth
      const heard = (type: 'muted' | 'unmuted') => () => void this.dispatch({ type })
      track.onended = () => void this.dispatch({ type: 'ended', why: 'lost' })
      track.onmute = heard('muted') // the window is minimised or frozen
      track.onunmute = heard('unmuted')
      this.hold(track)
      await this.dispatch({ type: 'opened', device: undefined, muted: track.muted })
    } catch (error) {
      const trouble = troubleOf(error, isSecureContext)
      // Of all that browsers refuse here only what the system forbids is not somebody's wish.
      const cancelled = trouble === 'refused-by-browser'
      await this.dispatch({ type: 'refused', trouble: cancelled ? 'refused-by-person' : trouble })
    }
  }

  private hold(track: MediaStreamTrack | undefined): void {
    const before = this.current
    if (before) {
      before.onended = before.onmute = before.onunmute = null
      before.stop()
    }
    this.current = track
    this.events.track(track ?? null)
  }
}
