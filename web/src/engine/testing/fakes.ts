/**
 * Browser objects written by hand where a test has no browser: just what the engine uses of them.
 */
import type { ClientMessage, Person, ServerMessage, Slot, Welcome } from '../../protocol/messages'

export class FakeWebSocket {
  static all: FakeWebSocket[] = []
  static get last(): FakeWebSocket {
    return FakeWebSocket.all.at(-1)!
  }
  readonly sent: ClientMessage[] = []
  static readonly OPEN = 1
  closed = false
  readyState = 0
  onopen: (() => void) | null = null
  onmessage: ((event: { data: string }) => void) | null = null
  onclose: (() => void) | null = null

  constructor(
    readonly url: URL,
    readonly protocol: string,
  ) {
    FakeWebSocket.all.push(this)
  }

  send(data: string): void {
    this.sent.push(JSON.parse(data) as ClientMessage)
  }

  close(): void {
    this.closed = true
  }

  /** The server's side. */
  open(): void {
    this.readyState = FakeWebSocket.OPEN
    this.onopen?.()
  }

  say(message: ServerMessage): void {
    this.onmessage?.({ data: JSON.stringify(message) })
  }

  drop(): void {
    this.onclose?.()
  }

  of<T extends ClientMessage['type']>(type: T): Extract<ClientMessage, { type: T }>[] {
    return this.sent.filter((message) => message.type === type) as Extract<
      ClientMessage,
      { type: T }
    >[]
  }
}

export class FakeTrack extends EventTarget {
  enabled = true
  readonly copies: FakeTrack[] = []
  contentHint = ''
  stopped = false
  muted = false
  onended: (() => void) | null = null
  onmute: (() => void) | null = null
  onunmute: (() => void) | null = null

  constructor(
    readonly kind: string,
    private readonly settings: MediaTrackSettings = {},
  ) {
    super()
  }

  getSettings(): MediaTrackSettings {
    return this.settings
  }

  stop(): void {
    this.stopped = true
  }

  clone(): FakeTrack {
    const copy = new FakeTrack(this.kind, this.settings)
    this.copies.push(copy)
    return copy
  }
}

export class FakeMediaStream {
  constructor(readonly tracks: FakeTrack[] = []) {}
  getAudioTracks = () => this.tracks.filter((track) => track.kind === 'audio')
  getVideoTracks = () => this.tracks.filter((track) => track.kind === 'video')
}

class FakeSender {
  track: unknown = null
  parameters: RTCRtpSendParameters
  constructor(encodings: RTCRtpEncodingParameters[]) {
    this.parameters = { encodings, transactionId: '', codecs: [], headerExtensions: [], rtcp: {} }
  }
  getParameters = () => structuredClone(this.parameters)
  setParameters = async (parameters: RTCRtpSendParameters) => void (this.parameters = parameters)
  replaceTrack = async (track: unknown) => void (this.track = track)
}

export class FakeReceiver {
  sources: { source: number; rtpTimestamp: number; timestamp: number }[] = []
  heardAt = 0
  readonly track: FakeTrack
  constructor(kind: string) {
    this.track = new FakeTrack(kind)
  }
  getContributingSources = () => this.sources
  getSynchronizationSources = () =>
    this.heardAt ? [{ source: 1, rtpTimestamp: 0, timestamp: this.heardAt }] : []
}

class FakeTransceiver {
  mid: string | null = null
  codecs: unknown[] = []
  readonly sender: FakeSender
  readonly receiver: FakeReceiver
  constructor(
    readonly kind: string,
    readonly init: RTCRtpTransceiverInit,
  ) {
    this.sender = new FakeSender(init.sendEncodings ?? [])
    this.receiver = new FakeReceiver(kind)
  }
  setCodecPreferences(codecs: unknown[]): void {
    this.codecs = codecs
  }
}

export class FakePeerConnection {
  static all: FakePeerConnection[] = []
  static get last(): FakePeerConnection {
    return FakePeerConnection.all.at(-1)!
  }
  connectionState = 'new'
  iceConnectionState = 'new'
  signalingState = 'stable'
  localDescription: { sdp: string } | null = null
  remoteDescription: { sdp: string } | null = null
  restarts = 0
  offers = 0
  refuses?: string // in a description
  readonly transceivers: FakeTransceiver[] = []
  readonly channels: {
    label: string
    options: RTCDataChannelInit
    onmessage?: (event: { data: string }) => void
  }[] = []
  onicecandidate: ((event: { candidate: unknown }) => void) | null = null
  onconnectionstatechange: (() => void) | null = null

  constructor(private configuration: RTCConfiguration) {
    FakePeerConnection.all.push(this)
  }

  addTransceiver(kind: string, init: RTCRtpTransceiverInit): FakeTransceiver {
    const transceiver = new FakeTransceiver(kind, init)
    this.transceivers.push(transceiver)
    return transceiver
  }

  getTransceivers = () => this.transceivers
  getReceivers = () => this.transceivers.map((transceiver) => transceiver.receiver)
  getConfiguration = () => this.configuration
  setConfiguration = (configuration: RTCConfiguration) => void (this.configuration = configuration)

  createDataChannel(label: string, options: RTCDataChannelInit): object {
    const channel = { label, options }
    this.channels.push(channel)
    return channel
  }

  restartIce(): void {
    this.restarts++
  }

  createOffer = async () => ({ type: 'offer', sdp: `offer ${++this.offers}` })

  async setLocalDescription(description: { sdp: string; type: string }): Promise<void> {
    if (description.type === 'rollback') return void (this.signalingState = 'stable')
    if (this.refuses && description.sdp.includes(this.refuses)) throw new Error('refused')
    this.localDescription = description
    this.signalingState = 'have-local-offer'
    this.transceivers.forEach((transceiver, i) => (transceiver.mid = String(i)))
  }

  async setRemoteDescription(description: { sdp: string }): Promise<void> {
    if (description.sdp === 'bad') throw new Error('not SDP')
    if (this.refuses && description.sdp.includes(this.refuses)) throw new Error('refused')
    this.remoteDescription = description
    this.signalingState = 'stable'
  }

  close(): void {
    this.signalingState = 'closed'
  }

  become(state: string): void {
    this.connectionState = this.iceConnectionState = state
    this.onconnectionstatechange?.()
  }
}

/** Lets everything that waits for nothing but promises happen. */
export async function settled(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve()
}

export function aWelcome(change: Partial<Welcome> = {}): Welcome {
  return {
    type: 'welcome',
    participant: 'me',
    resume: 'resume-1',
    resumed: false,
    place: 'lobby',
    role: 'guest',
    name: 'Mme Vidal',
    room: { id: 'salle', kind: 'consultation' },
    iceServers: [{ urls: ['stun:a.example'] }],
    server: 'test',
    now: Date.now(),
    ...change,
  }
}

export function aPerson(id: string, change: Partial<Person> = {}): Person {
  return {
    id,
    name: `name of ${id}`,
    role: 'guest',
    connected: true,
    since: 0,
    csrcs: {} as Person['csrcs'],
    media: { microphone: true, camera: true, screen: false },
    mode: 'automatic',
    ...change,
  }
}

export function aSlot(participant: string, number: number, change: Partial<Slot> = {}): Slot {
  return { mid: '6', participant, source: 'camera', csrc: number, paused: false, ...change }
}
