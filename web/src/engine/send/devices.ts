/**
 * Microphone and camera: opened when wanted, and what stands in the way said in a word. The camera
 * off is a camera closed, light included; the microphone off stays open and sends silence, so that
 * it is back at once.
 */
import { signal } from '@preact/signals-core'
import type { DeviceState, DeviceTrouble, Notice } from '../api'
import { constraintsOf, inputsOf, outputsOf, troubleOf } from './constraints'
import type { Choice, Input } from './constraints'

export interface DevicesEvents {
  /** Another track, or none, is to be sent. */
  track(device: Input, track: MediaStreamTrack | null): void
  /** Something that the others or the session must know of. */
  changed(): void
  notice(notice: Notice): void
}

const inputs: Input[] = ['microphone', 'camera']
const off: DeviceState = { wanted: false, live: false, choices: [] }

export class Devices {
  readonly microphone = signal<DeviceState>(off)
  readonly camera = signal<DeviceState>(off)
  readonly outputs = signal<Choice[]>([])
  readonly selfStream = signal<MediaStream | undefined>(undefined)
  private readonly tracks: Partial<Record<Input, MediaStreamTrack>> = {}
  // one thing at a time: a device is slow, a finger is not
  private work: Promise<unknown> = Promise.resolve()
  private readonly plugged = () => void this.list()

  constructor(private readonly events: DevicesEvents) {
    navigator.mediaDevices?.addEventListener('devicechange', this.plugged)
  }

  track(device: Input): MediaStreamTrack | undefined {
    return this.tracks[device]
  }

  /** Asks for both at once, so that the browser asks once. */
  open(want: Record<Input, boolean>): Promise<void> {
    return this.queue(async () => {
      for (const device of inputs) {
        this.set(device, { wanted: want[device] })
        if (want[device]) this.switchOn(device)
        else this.switchOff(device)
      }
      await this.acquire(inputs.filter((device) => want[device] && !this.tracks[device]))
      this.events.changed()
    })
  }

  /** Switches on or off; the choice stands even when the device is in trouble. */
  turn(device: Input, on: boolean): Promise<void> {
    return this.queue(async () => {
      this.set(device, { wanted: on })
      if (!on) this.switchOff(device)
      else if (!this.switchOn(device)) await this.acquire([device])
      this.events.changed()
    })
  }

  choose(device: Input, deviceId: string): Promise<void> {
    return this.queue(async () => {
      this.set(device, { deviceId, facing: undefined })
      if (this.tracks[device]) await this.reopen(device)
      this.events.changed()
    })
  }

  /** The other side of a tablet; the next camera in the list where sides are not told. */
  flip(): Promise<void> {
    return this.queue(async () => {
      const { facing, choices, deviceId } = this.camera.peek()
      if (facing) {
        this.set('camera', {
          facing: facing === 'user' ? 'environment' : 'user',
          deviceId: undefined,
        })
      } else {
        const next = choices.findIndex((choice) => choice.id === deviceId) + 1
        this.set('camera', { deviceId: choices[next % choices.length]?.id })
      }
      if (this.tracks.camera) await this.reopen('camera')
      this.events.changed()
    })
  }

  /** What the last visit of this tab had chosen. */
  prefer(device: Input, deviceId: string | undefined): void {
    this.set(device, { deviceId })
  }

  /** Closes everything; the choices of devices stay for a return. */
  close(): Promise<void> {
    return this.queue(async () => {
      for (const device of inputs) {
        this.release(device)
        this.set(device, { wanted: false, live: false, trouble: undefined })
      }
    })
  }

  private queue(work: () => Promise<void>): Promise<void> {
    const done = this.work.then(work)
    this.work = done.catch(() => {})
    return done
  }

  private async reopen(device: Input): Promise<void> {
    this.release(device) // first: few tablets open two cameras at once
    await this.acquire([device])
  }

  private async acquire(devices: Input[]): Promise<void> {
    if (!devices.length) return
    try {
      const stream = await navigator.mediaDevices.getUserMedia(
        constraintsOf(devices, { microphone: this.microphone.peek(), camera: this.camera.peek() }),
      )
      for (const device of devices) {
        const track =
          device === 'microphone' ? stream.getAudioTracks()[0] : stream.getVideoTracks()[0]
        if (track) this.hold(device, track)
      }
    } catch (error) {
      await this.without(devices, troubleOf(error, isSecureContext))
    }
    await this.list()
  }

  // Two devices asked for in one question fail together; whichever is not to blame is asked for
  // again alone.
  private async without(devices: Input[], trouble: DeviceTrouble): Promise<void> {
    const hasId = devices.filter((device) => this[device].peek().deviceId)
    if (trouble === 'none' && hasId.length) {
      // the one of the last visit is gone
      for (const device of hasId) this.set(device, { deviceId: undefined })
      return this.acquire(devices)
    }
    if (devices.length > 1 && trouble !== 'dismissed' && trouble !== 'insecure') {
      const free = trouble === 'refused' ? await notDenied(devices) : devices
      for (const device of devices) {
        if (free.includes(device)) await this.acquire([device])
        else this.fail(device, trouble)
      }
      return
    }
    for (const device of devices) this.fail(device, trouble)
  }

  private hold(device: Input, track: MediaStreamTrack): void {
    this.tracks[device] = track
    const wanted = this[device].peek().wanted
    track.enabled = wanted
    track.contentHint = device === 'camera' ? 'motion' : 'speech'
    track.onended = () => this.lost(device, track)
    const { deviceId, facingMode } = track.getSettings()
    const facing = facingMode === 'user' || facingMode === 'environment' ? facingMode : undefined
    this.set(device, { live: wanted, trouble: undefined, deviceId, facing })
    if (device === 'camera') this.selfStream.value = new MediaStream([track])
    this.events.track(device, track)
  }

  // Unplugged, or taken by another program, in the middle of a call. The other device goes on.
  private lost(device: Input, track: MediaStreamTrack): void {
    void this.queue(async () => {
      if (this.tracks[device] !== track) return
      this.release(device)
      this.fail(device, 'unplugged')
      this.events.changed()
      if (device === 'camera') return
      this.set(device, { deviceId: undefined })
      await this.acquire([device]) // a headset pulled out leaves the tablet's own microphone
      this.events.changed()
    })
  }

  private fail(device: Input, trouble: DeviceTrouble): void {
    this.set(device, { live: false, trouble })
    this.events.notice({ kind: 'device', device, trouble })
  }

  /** Whether the device was open already. */
  private switchOn(device: Input): boolean {
    const track = this.tracks[device]
    if (!track) return false
    track.enabled = true
    this.set(device, { live: true })
    return true
  }

  private switchOff(device: Input): void {
    if (device === 'camera') this.release(device)
    const track = this.tracks[device]
    if (track) track.enabled = false
    this.set(device, { live: false, trouble: undefined })
  }

  private release(device: Input): void {
    const track = this.tracks[device]
    if (!track) return
    delete this.tracks[device]
    track.onended = null
    track.stop()
    if (device === 'camera') this.selfStream.value = undefined
    this.set(device, { live: false })
    this.events.track(device, null)
  }

  private async list(): Promise<void> {
    const all = (await navigator.mediaDevices?.enumerateDevices().catch(() => [])) ?? []
    this.set('microphone', { choices: inputsOf(all, 'audioinput') })
    this.set('camera', { choices: inputsOf(all, 'videoinput') })
    this.outputs.value = outputsOf(all)
  }

  private set(device: Input, change: Partial<DeviceState>): void {
    this[device].value = { ...this[device].peek(), ...change }
  }
}

/**
 * Those of the devices that this site is not barred from; all of them where the browser does not
 * tell.
 */
async function notDenied(devices: Input[]): Promise<Input[]> {
  const states = await Promise.all(
    devices.map(async (name) => {
      try {
        return (await navigator.permissions.query({ name: name as PermissionName })).state
      } catch {
        return 'denied' // asking again would ask the person again
      }
    }),
  )
  return devices.filter((_, i) => states[i] !== 'denied')
}
