/** What is heard: the voices of the others, and the tone that tries the loudspeaker. */
import { signal } from '@preact/signals-core'

const toneHertz = 440
const toneSeconds = 1

export class Playout {
  readonly blocked = signal(false)
  private voices: HTMLAudioElement[] = []
  /** The chosen loudspeaker; undefined is the system's. */
  readonly sink = signal<string | undefined>(undefined)

  /** Whether this browser lets the page choose the loudspeaker. */
  static get selectable(): boolean {
    return 'setSinkId' in HTMLMediaElement.prototype
  }

  /** Plays these receivers from now on instead of those before. */
  async play(receivers: readonly RTCRtpReceiver[]): Promise<void> {
    this.stop()
    this.voices = receivers.map((receiver) => {
      const voice = new Audio()
      voice.srcObject = new MediaStream([receiver.track])
      document.body.append(voice) // some browsers stop what stands in no document
      return voice
    })
    await this.chooseSink(this.sink.peek() ?? '')
    await this.start()
  }

  /** Starts what the browser has blocked; from a touch of the page it succeeds. */
  async start(): Promise<void> {
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
    for (const voice of this.voices) {
      voice.srcObject = null
      voice.remove()
    }
    this.voices = []
    this.blocked.value = false
  }

  async chooseSink(id: string): Promise<void> {
    this.sink.value = id || undefined
    if (Playout.selectable)
      await Promise.all(this.voices.map((voice) => voice.setSinkId(id).catch(() => {})))
  }

  /** A soft tone on the chosen loudspeaker; resolves when it has ended. */
  async tone(): Promise<void> {
    const context = new AudioContext()
    const destination = context.createMediaStreamDestination()
    const oscillator = new OscillatorNode(context, { frequency: toneHertz })
    const gain = new GainNode(context, { gain: 0 })
    gain.gain.setTargetAtTime(0.3, context.currentTime, 0.03)
    gain.gain.setTargetAtTime(0, context.currentTime + toneSeconds - 0.2, 0.05)
    oscillator.connect(gain).connect(destination)
    const player = new Audio()
    player.srcObject = destination.stream
    const sink = this.sink.peek()
    if (Playout.selectable && sink) await player.setSinkId(sink).catch(() => {})
    const ended = new Promise((resolve) => (oscillator.onended = resolve))
    try {
      await player.play()
      oscillator.start()
      oscillator.stop(context.currentTime + toneSeconds)
      await ended
    } finally {
      player.srcObject = null
      await context.close()
    }
  }
}
