/**
 * How much of the link this call may use: « automatique », « économie de données » or « son seul »,
 * one's own choice at any time, or a host's. Besides, the pictures of others can be stopped alone;
 * one's own are, with the camera.
 */
import { computed, signal } from '@preact/signals-core'
import type { CallMode } from '../../protocol/messages'
import type { Session } from './session'

export interface CallModesNeeds {
  session(): Session
  remember(change: Partial<Session>): void
  /** Tells the server of one's own choice. */
  tell(mode: CallMode): void
  /** Pictures are to be asked for and sent accordingly. */
  changed(): void
  cameraWanted(): boolean
  turnCamera(on: boolean): Promise<void>
  stopScreen(): void
}

export class CallModes {
  readonly mode = signal<CallMode>('automatic')
  readonly by = signal('')
  private readonly stopped = signal(false)
  readonly receiving = computed(() => this.mode.value !== 'voice' && !this.stopped.value)
  private heard?: string // the last that the server told of us
  private awaited?: CallMode // one's own choice that the server has not repeated yet

  constructor(private readonly needs: CallModesNeeds) {
    const { mode, stopped } = needs.session()
    this.mode.value = mode ?? 'automatic'
    this.stopped.value = !!stopped
  }

  /** One's own choice. */
  async choose(mode: CallMode): Promise<void> {
    if (mode === this.mode.peek() && !this.by.peek()) return
    if (this.mode.peek() === 'voice') this.stop(false) // « remettre les images »
    this.awaited = mode
    this.needs.tell(mode)
    await this.become(mode, '')
  }

  /**
   * The server has made a new seat and knows nothing of us: what a host had chosen is one's own
   * choice now.
   */
  seated(): void {
    this.heard = this.awaited = undefined
    this.by.value = ''
    const mode = this.mode.peek()
    if (mode !== 'automatic') this.needs.tell(mode)
  }

  /** What the server says of us: whole after an arrival, else because something has changed. */
  async hear(mode: CallMode, by: string, arrival: boolean): Promise<void> {
    const first = this.heard === undefined
    const heard = `${mode} ${by}`
    const known = heard === this.heard
    this.heard = heard
    if (this.awaited) {
      // What comes before our own choice is repeated is older than it.
      if (mode === this.awaited && !by) this.awaited = undefined
      else if (arrival) this.needs.tell(this.awaited) // lost with the websocket
      return
    }
    if (known && !arrival) return
    if (mode === this.mode.peek() && by === this.by.peek()) return
    if (by || first) await this.become(mode, by)
    else if (arrival) this.needs.tell(this.mode.peek()) // the server has lost it
  }

  /**
   * Whoever asks for a picture does not mean « son seul » any longer, also in the lobby of a later
   * call.
   */
  async endVoice(): Promise<void> {
    if (this.mode.peek() !== 'voice') return
    this.needs.remember({ cameraAfter: undefined })
    await this.choose(this.needs.session().modeAfter ?? 'automatic')
  }

  async setReceiving(on: boolean): Promise<void> {
    if (on) await this.endVoice()
    this.stop(!on)
    this.needs.changed()
  }

  private stop(stopped: boolean): void {
    this.stopped.value = stopped
    this.needs.remember({ stopped })
  }

  private async become(mode: CallMode, by: string): Promise<void> {
    const { needs } = this
    const before = this.mode.peek()
    const hosts = this.by.peek() // who had set the mode of before
    this.mode.value = mode
    this.by.value = by
    needs.remember({ mode, modeAfter: mode === 'voice' ? needs.session().modeAfter : mode })
    needs.changed()
    if (mode === 'voice' && before !== 'voice') {
      needs.remember({ cameraAfter: needs.cameraWanted() })
      needs.stopScreen()
      await needs.turnCamera(false)
    } else if (mode !== 'voice' && before === 'voice') {
      const { cameraAfter } = needs.session()
      needs.remember({ cameraAfter: undefined })
      // A host gives back what they took away, and no camera that its owner had switched off.
      if (cameraAfter && (!by || hosts)) await needs.turnCamera(true)
    }
  }
}
