/** Three notes that repeat while somebody waits, made here so that nothing is fetched. */
import { signal } from '@preact/signals'

const every = 8_000 // ms between two chimes: heard across a room, bearable for ten minutes
const notes = [523.25, 659.25, 783.99] // Hz: C5, E5, G5
const noteLength = 0.35 // s
const volume = 0.18 // of full scale

/** The browser lets no sound out before the page was touched. */
export const blocked = signal(false)

let context: AudioContext | undefined
let timer: ReturnType<typeof setInterval> | undefined
let chimes = 0

/** How often it has rung since the page was opened; browser tests hear by it. */
export const rung = () => chimes

export function ring(on: boolean): void {
  if (on === (timer !== undefined)) return
  clearInterval(timer)
  timer = undefined
  if (!on) {
    blocked.value = false
    return
  }
  timer = setInterval(() => void play(), every)
  void play()
}

/** To be called from a tap. */
export async function unblock(): Promise<void> {
  context ??= new AudioContext()
  await context.resume()
  blocked.value = false
  if (timer) await play()
}

async function play(): Promise<void> {
  if (typeof AudioContext === 'undefined') return
  context ??= new AudioContext()
  if (context.state !== 'running') {
    // resume() does not settle while it is forbidden.
    void context.resume().then(() => {
      if (timer && blocked.peek()) {
        blocked.value = false
        sound(context!)
      }
    })
    await new Promise((resolve) => setTimeout(resolve, 100))
    if ((context.state as AudioContextState) !== 'running') {
      blocked.value = true
      return
    }
  }
  blocked.value = false
  sound(context)
}

function sound(audio: AudioContext): void {
  chimes++
  document.documentElement.dataset.chimes = String(chimes)
  notes.forEach((frequency, index) => {
    const start = audio.currentTime + index * noteLength * 0.6
    const oscillator = new OscillatorNode(audio, { frequency, type: 'sine' })
    const gain = new GainNode(audio, { gain: 0 })
    gain.gain.setValueAtTime(0, start)
    gain.gain.linearRampToValueAtTime(volume, start + 0.02)
    gain.gain.exponentialRampToValueAtTime(0.001, start + noteLength)
    oscillator.connect(gain).connect(audio.destination)
    oscillator.start(start)
    oscillator.stop(start + noteLength)
  })
}
