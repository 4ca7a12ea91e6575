/**
 * Microphone and camera. What happens to each is decided by the state machine in input.ts; this
 * opens, closes and listens. The camera off is a camera closed, light included; the microphone off
 * stays open and sends silence, so that it is back at once.
 */
import { signal } from '@preact/signals-core'
import type { DeviceState, DeviceTrouble, Notice } from '../api'
import { constraintsOf, inputsOf, outputsOf, troubleOf } from './constraints'
import type { Choice, Input } from './constraints'
import { kinds, listed, permissionOf, whyEnded } from './ended'
import { type InputEvent, inputView, newInput, reopenAfter, step } from './input'

export interface DevicesEvents {
  /** Another track, or none, is to be sent. */
  track(device: Input, track: MediaStreamTrack | null): void
  /** Something that the others or the session must know of. */
  changed(): void
  notice(notice: Notice): void
  /** The outputs of this machine, as last listed. */
  listed?(outputs: readonly Choice[]): void
}

/**
 * Tablets and telephones are held by touch, and have little to encode with; with two cores, 720
 * lines were 8 frames a second (make thinlink-table ROW=fine).
 */
const atDesk = (): boolean =>
  navigator.hardwareConcurrency > 3 && matchMedia('(pointer: fine)').matches

const inputs: Input[] = ['microphone', 'camera']
const off: DeviceState = { wanted: false, live: false, choices: [] }

export class Devices {
  readonly microphone = signal<DeviceState>(off)
  readonly camera = signal<DeviceState>(off)
  readonly outputs = signal<Choice[]>([])
  readonly selfStream = signal<MediaStream | undefined>(undefined)
  private readonly states = { microphone: newInput('microphone'), camera: newInput('camera') }
  private readonly tracks: Partial<Record<Input, MediaStreamTrack>> = {}
  private readonly timers: Partial<Record<Input, ReturnType<typeof setTimeout>>> = {}
  private readonly pending = new Set<Input>() // to be opened
  private facing?: 'user' | 'environment' // of the camera, where it is chosen by its side
  // One thing at a time: a device is slow, a finger is not.
  private work: Promise<unknown> = Promise.resolve()

  constructor(private readonly events: DevicesEvents) {
    navigator.mediaDevices?.addEventListener('devicechange', () => void this.run(() => this.list()))
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState === 'visible') this.tell({ type: 'visible' })
    })
  }

  track(device: Input): MediaStreamTrack | undefined {
    return this.tracks[device]
  }

  /** Asks for both at once, so that the browser asks once. */
  open(want: Record<Input, boolean>): Promise<void> {
    return this.run(() => {
      for (const device of inputs) this.want(device, want[device])
    })
  }

  /** Switches on or off; the choice stands even when the device is in trouble. */
  turn(device: Input, on: boolean): Promise<void> {
    return this.run(() => this.want(device, on))
  }

  choose(device: Input, deviceId: string): Promise<void> {
    return this.run(() => {
      if (device === 'camera') this.facing = undefined
      this.dispatch(device, { type: 'chosen', device: deviceId })
    })
  }

  /** The other side of a tablet; the next camera in the list where sides are not told. */
  flip(): Promise<void> {
    return this.run(() => {
      const { facing, choices, deviceId } = this.camera.peek()
      const at = choices.findIndex((choice) => choice.id === deviceId)
      const next = facing ? undefined : choices[(at + 1) % choices.length]?.id
      if (facing) this.facing = facing === 'user' ? 'environment' : 'user'
      this.dispatch('camera', { type: 'chosen', device: next })
    })
  }

  /** What the last visit of this tab had chosen. */
  prefer(device: Input, deviceId: string | undefined): void {
    this.dispatch(device, { type: 'chosen', device: deviceId })
  }

  /** Closes everything; the choices of devices stay for a return. */
  close(): Promise<void> {
    return this.queue(async () => {
      for (const device of inputs) {
        this.dispatch(device, { type: 'unwanted' })
        this.release(device)
        this.states[device] = { ...newInput(device), chosen: this.states[device].chosen }
        this.show(device)
      }
    })
  }

  private want(device: Input, on: boolean): void {
    this.dispatch(device, { type: on ? 'wanted' : 'unwanted' })
  }

  /** To both, by and by. */
  private tell(event: InputEvent): void {
    void this.run(() => inputs.forEach((device) => this.dispatch(device, event)))
  }

  private run(begin: () => void | Promise<void>): Promise<void> {
    return this.queue(async () => {
      await begin()
      await this.openPending()
      this.events.changed()
    })
  }

  private queue(work: () => Promise<void>): Promise<void> {
    const done = this.work.then(work)
    this.work = done.catch(() => {})
    return done
  }

  private dispatch(device: Input, event: InputEvent): void {
    const [next, effects] = step(this.states[device], event)
    this.states[device] = next
    for (const effect of effects) {
      // First: few tablets open two cameras at once.
      if (effect.do === 'open' || effect.do === 'close') this.release(device)
      if (effect.do === 'open') this.pending.add(device)
      else if (effect.do === 'wait') this.wait(device)
      else if (effect.do === 'enable') {
        const track = this.tracks[device]
        if (track) track.enabled = effect.on
      } else if (effect.do === 'notify') {
        const { trouble, kept } = effect
        this.events.notice({ kind: 'device', device, trouble, ...(kept && { kept }) })
      }
    }
    this.show(device)
  }

  private wait(device: Input): void {
    clearTimeout(this.timers[device])
    this.timers[device] = setTimeout(() => {
      if (document.visibilityState !== 'visible') return // said again when it is
      void this.run(() => this.dispatch(device, { type: 'waited' }))
    }, reopenAfter)
  }

  private async openPending(): Promise<void> {
    while (this.pending.size) {
      const devices = [...this.pending]
      this.pending.clear()
      await this.acquire(devices)
      await this.list()
    }
  }

  private async acquire(devices: readonly Input[]): Promise<void> {
    try {
      const chosen = {
        microphone: this.states.microphone.chosen,
        camera: this.states.camera.chosen,
      }
      const stream = await navigator.mediaDevices.getUserMedia(
        constraintsOf(devices, chosen, this.facing, atDesk()),
      )
      for (const device of devices) {
        const track =
          device === 'microphone' ? stream.getAudioTracks()[0] : stream.getVideoTracks()[0]
        if (track) this.hold(device, track)
      }
    } catch (error) {
      await this.without(devices, troubleOf(error, isSecureContext))
    }
  }

  // Two devices asked for in one question fail together; whichever is not to blame is asked for
  // again alone.
  private async without(devices: readonly Input[], trouble: DeviceTrouble): Promise<void> {
    const refuse = (device: Input) => this.dispatch(device, { type: 'refused', trouble })
    if (devices.length < 2 || trouble === 'refused-by-person' || trouble === 'insecure')
      return devices.forEach(refuse)
    const preferred = devices.filter((device) => this.states[device].chosen)
    if (trouble === 'missing' && preferred.length) {
      preferred.forEach(refuse) // which opens the system's own instead
      for (const device of devices) this.pending.add(device)
      return
    }
    const free = trouble.startsWith('refused') ? await notDenied(devices) : devices
    for (const device of devices) {
      if (free.includes(device)) await this.acquire([device])
      else refuse(device)
    }
  }

  private hold(device: Input, track: MediaStreamTrack): void {
    this.tracks[device] = track
    track.contentHint = device === 'camera' ? 'motion' : 'speech'
    const heard = (type: 'muted' | 'unmuted') => () =>
      void this.run(() => {
        if (this.tracks[device] === track) this.dispatch(device, { type })
      })
    track.onended = () =>
      void this.run(async () => {
        if (this.tracks[device] !== track) return
        const why = await whyEnded(device, this.states[device].used)
        this.dispatch(device, { type: 'ended', why })
      })
    track.onmute = heard('muted')
    track.onunmute = heard('unmuted')
    const { deviceId, facingMode } = track.getSettings()
    if (device === 'camera') {
      this.facing = facingMode === 'user' || facingMode === 'environment' ? facingMode : undefined
      this.selfStream.value = new MediaStream([track])
    }
    track.enabled = false // until its state says that it is wanted
    this.dispatch(device, { type: 'opened', device: deviceId, muted: track.muted })
    if (this.tracks[device] === track) this.events.track(device, track)
  }

  private release(device: Input): void {
    clearTimeout(this.timers[device])
    const track = this.tracks[device]
    if (!track) return
    delete this.tracks[device]
    track.onended = track.onmute = track.onunmute = null
    track.stop()
    if (device === 'camera') this.selfStream.value = undefined
    this.events.track(device, null)
  }

  private async list(): Promise<void> {
    const all = await listed()
    this.outputs.value = outputsOf(all)
    this.events.listed?.(this.outputs.peek())
    for (const device of inputs) {
      const kind = kinds[device]
      const choices = inputsOf(all, kind)
      this[device].value = { ...this[device].peek(), choices }
      const group = all.find((one) => one.kind === kind && one.deviceId === 'default')?.groupId
      this.dispatch(device, { type: 'listed', devices: choices.map(({ id }) => id), group })
    }
  }

  private show(device: Input): void {
    const { choices } = this[device].peek()
    const facing = device === 'camera' ? this.facing : undefined
    const next = { ...inputView(this.states[device]), choices, facing }
    if (JSON.stringify(next) !== JSON.stringify(this[device].peek())) this[device].value = next
  }
}

/** Those of the devices that this site is not barred from, as far as the browser tells. */
async function notDenied(devices: readonly Input[]): Promise<Input[]> {
  const states = await Promise.all(devices.map(permissionOf))
  // Where it does not tell, asking again would ask the person again.
  return devices.filter((_, i) => (states[i] ?? 'denied') !== 'denied')
}
