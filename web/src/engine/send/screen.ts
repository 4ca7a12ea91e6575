/** The shared screen or window. */
import { signal } from '@preact/signals-core'
import type { Notice } from '../api'

export interface ScreenEvents {
  track(track: MediaStreamTrack | null): void
  changed(): void
  notice(notice: Notice): void
}

export class Screen {
  readonly state = signal({ live: false, possible: !!navigator.mediaDevices?.getDisplayMedia })
  private current?: MediaStreamTrack

  constructor(private readonly events: ScreenEvents) {}

  get track(): MediaStreamTrack | undefined {
    return this.current
  }

  /** Asks what to share. Closing that question unanswered is no trouble: nothing is shared. */
  async start(): Promise<void> {
    if (this.current) return
    let stream: MediaStream
    try {
      stream = await navigator.mediaDevices.getDisplayMedia({
        video: { frameRate: { max: 15 } },
        audio: false,
      })
    } catch {
      return
    }
    const track = stream.getVideoTracks()[0]!
    track.contentHint = 'detail' // sharp before smooth
    track.onended = () => {
      this.stop()
      this.events.notice({ kind: 'screen-ended' })
    }
    this.set(track)
  }

  stop(): void {
    if (!this.current) return
    this.current.onended = null
    this.current.stop()
    this.set(undefined)
  }

  private set(track: MediaStreamTrack | undefined): void {
    this.current = track
    this.state.value = { ...this.state.peek(), live: !!track }
    this.events.track(track ?? null)
    this.events.changed()
  }
}
