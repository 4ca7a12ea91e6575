/** Puts the fakes where the engine looks for a browser. */
import { afterEach, beforeEach, vi } from 'vitest'
import { FakeMediaStream, FakePeerConnection, FakeTrack, FakeWebSocket } from './fakes'

/** Devices of the fake browser. Tests change them. */
export class FakeMediaDevices extends EventTarget {
  refuse: Partial<Record<'audio' | 'video' | 'both', DOMException>> = {}
  asked: MediaStreamConstraints[] = []
  tracks: FakeTrack[] = []
  screen?: FakeTrack
  list = [
    { kind: 'audioinput', deviceId: 'm1', label: 'Micro 1' },
    { kind: 'videoinput', deviceId: 'c1', label: 'Caméra 1' },
    { kind: 'videoinput', deviceId: 'c2', label: 'Caméra 2' },
    { kind: 'audiooutput', deviceId: 's1', label: 'Casque' },
  ] as MediaDeviceInfo[]
  facing = false // whether cameras tell their side

  size = { width: 640, height: 360 } // of the camera's picture
  getUserMedia = async (constraints: MediaStreamConstraints): Promise<FakeMediaStream> => {
    this.asked.push(constraints)
    const { audio, video } = constraints
    const refusal =
      audio && video ? this.refuse.both : audio ? this.refuse.audio : this.refuse.video
    if (refusal) throw refusal
    const tracks: FakeTrack[] = []
    if (audio) tracks.push(new FakeTrack('audio', { deviceId: idOf(audio, 'm1') }))
    if (video) {
      const { facingMode } = video as { facingMode?: string }
      tracks.push(
        new FakeTrack('video', {
          ...this.size,
          deviceId: idOf(video, 'c1'),
          facingMode: this.facing ? facingMode : undefined,
        }),
      )
    }
    this.tracks.push(...tracks)
    return new FakeMediaStream(tracks)
  }

  getDisplayMedia = async (): Promise<FakeMediaStream> => {
    if (!this.screen) throw new DOMException('', 'NotAllowedError')
    return new FakeMediaStream([this.screen])
  }

  enumerateDevices = async () => this.list
}

function idOf(constraints: unknown, other: string): string {
  return (constraints as { deviceId?: { exact: string } }).deviceId?.exact ?? other
}

export class FakeAudio {
  static all: FakeAudio[] = []
  static blocked = false
  srcObject: unknown = null
  sink = ''
  plays = 0
  constructor() {
    FakeAudio.all.push(this)
  }
  paused = true
  onpause: (() => void) | null = null
  play = async () => {
    this.plays++
    if (FakeAudio.blocked) throw new DOMException('', 'NotAllowedError')
    this.paused = false
  }
  /** As the system does. */
  pause(): void {
    this.paused = true
    this.onpause?.()
  }
  setSinkId = async (id: string) => void (this.sink = id)
  remove = () => {}
}

export class FakeResizeObserver {
  static all: FakeResizeObserver[] = []
  readonly observed = new Set<Element>()
  constructor(private readonly callback: (entries: unknown[]) => void) {
    FakeResizeObserver.all.push(this)
  }
  observe = (element: Element) => void this.observed.add(element)
  unobserve = (element: Element) => void this.observed.delete(element)
  resize(target: Element, width: number, height: number): void {
    this.callback([{ target, contentRect: { width, height } }])
  }
}

/** Every microphone is as loud as `browser.loudness` says. */
class FakeAudioContext {
  createMediaStreamSource = () => ({ connect: () => {} })
  resume = async () => {}
  close = async () => {}
}
class FakeAnalyserNode {
  fftSize = 1024
  getFloatTimeDomainData = (samples: Float32Array) => void samples.fill(browser.loudness)
}

export const browser = {
  loudness: 0, // amplitude, 0 … 1
  devices: new FakeMediaDevices(),
  permissions: {} as Record<string, string>,
}

/** A fresh fake browser and virtual time before each test of the file. */
export function useFakeBrowser(): void {
  beforeEach(() => {
    vi.useFakeTimers()
    FakeWebSocket.all = []
    FakePeerConnection.all = []
    FakeAudio.all = []
    FakeAudio.blocked = false
    FakeResizeObserver.all = []
    browser.devices = new FakeMediaDevices()
    browser.permissions = {}
    browser.loudness = 0
    sessionStorage.clear()
    localStorage.clear()
    vi.stubGlobal('WebSocket', FakeWebSocket)
    vi.stubGlobal('RTCPeerConnection', FakePeerConnection)
    vi.stubGlobal('RTCRtpReceiver', {
      getCapabilities: () => ({ codecs: [{ mimeType: 'video/VP8' }, { mimeType: 'audio/opus' }] }),
    })
    vi.stubGlobal('MediaStream', FakeMediaStream)
    vi.stubGlobal('ResizeObserver', FakeResizeObserver)
    vi.stubGlobal('Audio', FakeAudio)
    vi.stubGlobal('AudioContext', FakeAudioContext)
    vi.stubGlobal('AnalyserNode', FakeAnalyserNode)
    vi.spyOn(document.body, 'append').mockImplementation(() => {})
    vi.stubGlobal('isSecureContext', true)
    vi.spyOn(Math, 'random').mockReturnValue(0.5)
    vi.stubGlobal('navigator', {
      mediaDevices: browser.devices,
      permissions: {
        query: async ({ name }: { name: string }) => ({
          state: browser.permissions[name] ?? 'denied',
        }),
      },
    })
  })
  afterEach(() => {
    vi.useRealTimers()
    vi.restoreAllMocks()
    vi.unstubAllGlobals()
  })
}
