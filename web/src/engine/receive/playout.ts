/** What is heard: the voices of the others, the tone that tries the loudspeaker, and chimes. */
import { signal } from '@preact/signals-core'
import { Volumes } from './volumes'

const tryingNotes = [440, 554, 659] // Hz: three, as the lobby says
const chimeNotes = [880, 660] // Hz
const noteSeconds = 0.35

/** ms: a voice that is paused again so soon after it was played is held by the system. */
const heldWithin = 1_000

export class Playout {
  /** The browser or the system keeps the voices silent until somebody touches the page. */
  readonly blocked = signal(false)
  private voices: HTMLAudioElement[] = []
  private former: HTMLAudioElement[] = [] // play until the others do
  private startedAt = -Infinity // ms
  private chosen?: string
  /** The loudspeaker in use; undefined is the system's. */
  readonly sink = signal<string | undefined>(undefined)

  private readonly loudness: Volumes
  readonly volumes

  /** `lost`: the chosen loudspeaker has gone, and the system's is used until it is back. */
  constructor(
    private readonly lost: () => void = () => {},
    voiceOf: (number: number) => string | undefined = () => undefined,
  ) {
    this.loudness = new Volumes(voiceOf)
    this.volumes = this.loudness.all
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState === 'visible' && this.voices.some((voice) => voice.paused))
        void this.start()
    })
  }

  /** Whether this browser lets the page choose the loudspeaker. */
  static get selectable(): boolean {
    return 'setSinkId' in HTMLMediaElement.prototype
  }

  /** Plays these receivers from now on instead of those before, which play until `carries`. */
  async play(receivers: readonly RTCRtpReceiver[], carries?: Promise<void>): Promise<void> {
    const before = carries ? this.voices.splice(0) : []
    this.stop()
    this.former = before
    void carries?.then(() => silence(before))
    this.voices = receivers.map((receiver) => {
      const voice = new Audio()
      voice.srcObject = new MediaStream([receiver.track])
      voice.onpause = () => this.paused()
      document.body.append(voice) // some browsers stop what stands in no document
      return voice
    })
    this.loudness.of(receivers, this.voices)
    await this.use(this.sink.peek() ?? '')
    await this.start()
  }

  /** Starts what the browser has blocked; from a touch of the page it succeeds. */
  async start(): Promise<void> {
    this.startedAt = performance.now()
    const refused = await Promise.all(
      this.voices.map((voice) =>
        voice.play().then(
          () => false,
          (error: DOMException) => error.name === 'NotAllowedError',
        ),
      ),
    )
    this.blocked.value = refused.includes(true)
  }

  stop(): void {
    silence(this.voices)
    silence(this.former)
    this.voices = this.former = []
    this.loudness.of([], [])
    this.blocked.value = false
  }

  setVolume(participant: string, volume: number): void {
    this.loudness.set(participant, volume)
  }

  /** Nobody here pauses a voice: the system has, for a call or for another program's sound. */
  private paused(): void {
    if (!this.voices.some((voice) => voice.paused)) return // played again meanwhile
    if (performance.now() - this.startedAt < heldWithin) this.blocked.value = true
    else void this.start()
  }

  async chooseSink(id: string): Promise<void> {
    this.chosen = id || undefined
    await this.use(id)
  }

  /** Which outputs there are: one that is gone is replaced by the system's, until it is back. */
  async listed(outputs: readonly { id: string }[]): Promise<void> {
    const { chosen } = this
    if (!chosen || !outputs.length) return
    const there = outputs.some(({ id }) => id === chosen)
    const used = this.sink.peek() === chosen
    if (there && !used) await this.use(chosen)
    if (there || !used) return
    await this.use('')
    this.lost()
  }

  private async use(id: string): Promise<void> {
    this.sink.value = id || undefined
    if (Playout.selectable)
      await Promise.all(this.voices.map((voice) => voice.setSinkId(id).catch(() => {})))
  }

  /** Three soft notes on the loudspeaker in use; resolves when they have ended. */
  tone(): Promise<void> {
    return this.notes(tryingNotes)
  }

  /** Two soft notes: somebody has come, or something was written. */
  chime(): Promise<void> {
    return this.notes(chimeNotes)
  }

  private async notes(hertz: readonly number[]): Promise<void> {
    const context = new AudioContext()
    const destination = context.createMediaStreamDestination()
    const oscillator = new OscillatorNode(context)
    const gain = new GainNode(context, { gain: 0 })
    const begin = context.currentTime
    hertz.forEach((frequency, i) => {
      const at = begin + i * noteSeconds
      oscillator.frequency.setValueAtTime(frequency, at)
      gain.gain.setTargetAtTime(0.3, at, 0.02)
      gain.gain.setTargetAtTime(0, at + 0.7 * noteSeconds, 0.03)
    })
    oscillator.connect(gain).connect(destination)
    const player = new Audio()
    player.srcObject = destination.stream
    const sink = this.sink.peek()
    if (Playout.selectable && sink) await player.setSinkId(sink).catch(() => {})
    const ended = new Promise((resolve) => (oscillator.onended = resolve))
    try {
      await player.play()
      oscillator.start()
      oscillator.stop(begin + hertz.length * noteSeconds)
      await ended
    } finally {
      player.srcObject = null
      await context.close()
    }
  }
}

function silence(voices: readonly HTMLAudioElement[]): void {
  for (const voice of voices) {
    voice.onpause = null
    voice.srcObject = null
    voice.remove()
  }
}
