/**
 * The one RTCPeerConnection of a call and its one negotiation. Everything that a call can need is
 * in the first offer, so that joins, leaves, speakers and documents cost no SDP: devices come later
 * by replaceTrack, sources of others by the slots they are mapped onto.
 */
import type { ClientMessage, Encoding, ICEServer, Kind, Source } from '../../protocol/messages'
import type { Transport } from '../api'
import { JitterBufferTarget, type PlayoutConditions } from '../receive/jitterBuffer'
import { VideoSender } from '../send/videoSender'
import { smallDemand } from '../room/dataSaver'
import { usefulCodecs } from './sdp'
import * as regime from '../regime'
import { randomId } from '../room/session'
import { OperationsChain } from './operations'
import { AudioSender } from '../send/audioSender'
import { Descriptions } from './descriptions'

// As many for voices as for pictures, although no more than three are heard at once: browsers play
// the first voice in step with the first picture, the second with the second and so on, so that a
// voice has a place beside each face.
const slotPairs: Record<Kind, number> = { consultation: 4, telestaff: 9 }

// ms, and twice what the answer took, for an answer to the first check: whoever waits longer is
// given the relays
const directWithin = 2_000
const patience = 3_000 // ms of "disconnected" before an ICE restart
const restartWithin = 10_000 // ms for a restart to connect, the slowest satellite included
const restartsMost = 2 // in vain, before the connection is given up for a new one

// scaleResolutionDownBy of each encoding when the server does not say
const scales = { q: 2, f: 1, '': 1 }

type SendEncoding = RTCRtpEncodingParameters & { scalabilityMode?: string }
const sound: SendEncoding[] = [{ maxBitrate: 24_000, priority: 'high', networkPriority: 'high' }]
// Until the server says more there is little. Chromium adds up what all senders may take, those
// without a track, too, and at its first packets probes the link with twice the sum, in repetitions
// of the first picture: the voice would wait behind them.
// A camera that has 30 frames/s alone is limited here.
const face: SendEncoding[] = [
  {
    rid: 'q',
    scaleResolutionDownBy: scales.q,
    maxBitrate: regime.stills,
    maxFramerate: 24,
    scalabilityMode: 'L1T3',
  },
  {
    rid: 'f',
    scaleResolutionDownBy: scales.f,
    maxBitrate: 2 * regime.stills,
    maxFramerate: 24,
    scalabilityMode: 'L1T3',
  },
]
const paper: SendEncoding[] = [{ maxBitrate: 50_000, maxFramerate: 15, scalabilityMode: 'L1T3' }]
// A page of text begins sharp, a round trip before the server has said for whom, unless our own
// link is thin.
const sharp = 1_500_000

export interface PeerEvents {
  /** Whether the websocket is there to take an offer. */
  online(): boolean
  /** False when the websocket is away: what is lost is told again by resume. */
  send(message: ClientMessage): boolean
  transport(state: Transport): void
  /** A message on the unreliable data channel. */
  datagram(data: string): void
  /** ICE restarts do not help: the call needs a new connection. */
  dead(): void
}

export interface PeerOptions {
  /**
   * Undefined: not known yet. The server's own addresses come with its answer; relays are for those
   * who do not reach them.
   */
  iceServers?: ICEServer[]
  kind: Kind
  relay?: boolean
}

export class Peer {
  readonly id = randomId()
  readonly connection: RTCPeerConnection
  readonly kind: Kind
  private readonly relay: boolean
  readonly audio: RTCRtpReceiver[] = []
  private readonly jitterBuffers: readonly JitterBufferTarget[]
  private readonly senders: Record<Source, RTCRtpSender>
  private readonly encoders: Partial<Record<Source, VideoSender>>
  private readonly voice: AudioSender
  private readonly descriptions: Descriptions
  private iceServers: ICEServer[]
  private readonly operations = new OperationsChain() // of all that touches the descriptions
  /** What anybody watches of each source, as the server last told. */
  readonly demands: Partial<Record<Source, readonly Encoding[]>> = {}
  private small = false
  private outstanding = 0 // offers that this websocket has still to answer
  private restarts = 0
  private wasConnected = false
  private relaysLate = false // were asked for by a restart
  private offeredAt = 0 // performance.now()
  private timer?: ReturnType<typeof setTimeout>

  constructor(
    options: PeerOptions,
    private readonly events: PeerEvents,
    private readonly counters: { offers: number; answers: number },
  ) {
    this.kind = options.kind
    this.relay = !!options.relay
    this.iceServers = this.useful(options.iceServers ?? [])
    const connection = new RTCPeerConnection({
      iceServers: this.iceServers,
      iceTransportPolicy: options.relay ? 'relay' : 'all',
      bundlePolicy: 'max-bundle',
      rtcpMuxPolicy: 'require',
    })
    this.connection = connection
    this.senders = {
      microphone: this.addSender('audio', sound),
      camera: this.addSender('video', face),
      screen: this.addSender('video', paper),
    }
    const encoder = (sender: RTCRtpSender, preference: RTCDegradationPreference) =>
      new VideoSender(sender, scales, preference, (codec) => this.switchTo(sender, codec))
    this.encoders = {
      camera: encoder(this.senders.camera, 'maintain-framerate'),
      screen: encoder(this.senders.screen, 'maintain-resolution'),
    }
    this.descriptions = new Descriptions(connection)
    this.voice = new AudioSender(this.descriptions, this.senders.microphone)
    for (let i = 0; i < slotPairs[options.kind]; i++) this.audio.push(this.addReceiver('audio'))
    this.jitterBuffers = this.audio.map((receiver) => new JitterBufferTarget(receiver))
    for (let i = 0; i < slotPairs[options.kind]; i++) this.addReceiver('video')
    const channel = connection.createDataChannel('draille', { ordered: false, maxRetransmits: 0 })
    channel.onmessage = (event) => this.events.datagram(event.data as string)
    connection.onicecandidate = (event) => this.trickle(event.candidate)
    connection.onconnectionstatechange = () => this.changed()
  }

  /** Sends an offer: the first, for an ICE restart, or for sections added since. */
  offer(restart = false): Promise<void> {
    return this.operations.chain(async () => {
      if (restart) {
        // Not before: a changed list of servers makes the next offer, even one for this page alone,
        // a restart.
        this.connection.setConfiguration({
          ...this.connection.getConfiguration(),
          iceServers: this.iceServers,
        })
        this.connection.restartIce()
      }
      await this.descriptions.offer()
      if (this.connection.signalingState === 'closed') return // given up meanwhile
      this.counters.offers++
      this.sendOffer()
    })
  }

  async answer(sdp: string): Promise<void> {
    // An answer to an offer that was overtaken by the next one would not fit.
    if (--this.outstanding > 0) return
    // A server that was started again is somebody else to DTLS: only a new connection reaches it.
    const before = this.connection.remoteDescription
    if (before && fingerprint(before.sdp) !== fingerprint(sdp)) return this.events.dead()
    await this.operations.chain(async () => {
      if (this.connection.signalingState !== 'have-local-offer') return
      this.counters.answers++
      const took = performance.now() - this.offeredAt
      await this.descriptions.answer(sdp)
      if (!this.unrelayed) return
      clearTimeout(this.timer)
      this.timer = setTimeout(() => this.askRelays(), directWithin + 2 * took)
    })
  }

  /** What the welcome says, when the offer was made before; or fresh credentials. */
  welcome(iceServers: ICEServer[]): void {
    this.iceServers = this.useful(iceServers)
  }

  /** The offer, if it still waits for its answer, on a websocket that has not seen it. */
  repeat(): void {
    this.outstanding = 0
    void this.operations.chain(async () => {
      if (this.connection.signalingState === 'have-local-offer' && this.outstanding === 0)
        this.sendOffer()
    })
  }

  /**
   * The place was taken back on a new websocket: what the old one may have swallowed is said again.
   * `moved`: on another network, where addresses gathered before lead nowhere.
   */
  resume(iceServers: ICEServer[], moved: boolean): void {
    this.outstanding = 0
    this.iceServers = this.useful(iceServers) // fresh credentials
    if (moved || ['disconnected', 'failed'].includes(this.connection.connectionState)) {
      this.restarts = 0 // those on a dead network say nothing of this one
      this.restart()
    } else this.repeat()
  }

  attach(source: Source, track: MediaStreamTrack | null): void {
    if (
      source === 'screen' &&
      track &&
      !this.demands.screen &&
      !this.demands.camera?.some(({ reason }) => reason === 'uplink' || reason === 'unproven')
    )
      this.ask('screen', [{ rid: '', active: true, maxBitrate: sharp }])
    if (track) void this.encoders[source]?.begin()
    this.senders[source].replaceTrack(track).catch(() => {
      // Only a connection that has been closed meanwhile refuses a track of the same kind.
    })
  }

  encode(source: Source, demand: Encoding[]): void {
    this.demands[source] = demand
    if (source === 'microphone') return this.speak(demand)
    this.ask(source, demand)
  }

  /** Whether the device has too little processor time for the camera's picture. */
  get overloaded(): boolean {
    return this.encoders.camera?.overloaded ?? false
  }

  /** Lines of the camera that may be encoded; 0: not known. */
  get lines(): number {
    return this.encoders.camera?.lines ?? 0
  }

  private ask(source: Source, demand: Encoding[]): void {
    void this.encoders[source]?.apply(this.small ? smallDemand(source, demand, scales) : demand)
  }

  /** By choice no more than small pictures are sent, whatever is asked for. */
  setSmall(small: boolean): void {
    if (small === this.small) return
    this.small = small
    for (const [source, demand] of Object.entries(this.demands))
      this.encode(source as Source, [...demand])
  }

  private speak([encoding]: readonly Encoding[]): void {
    if (!encoding) return
    this.change(() => this.voice.apply(encoding))
  }

  /** Changes the descriptions for this page alone. */
  private change(what: () => Promise<void>): void {
    this.operations
      .chain(what)
      .catch((error: Error) => console.warn(`what is sent stays as it is: ${error.message}`))
  }

  /** Sends in a codec; undefined: in the first of the answer. */
  private switchTo(sender: RTCRtpSender, codec: string | undefined): void {
    const transceiver = this.connection.getTransceivers().find((one) => one.sender === sender)
    if (!transceiver?.mid) return
    if (codec) this.descriptions.codecs.set(transceiver.mid, codec)
    else this.descriptions.codecs.delete(transceiver.mid)
    this.change(() => this.descriptions.apply())
  }

  /** To be called every half second or so. */
  poll(now: number, conditions: PlayoutConditions): void {
    for (const jitterBuffer of this.jitterBuffers) jitterBuffer.poll(now, conditions)
  }

  /** The receiver of a slot. */
  receiver(mid: string): RTCRtpReceiver | undefined {
    return this.connection.getTransceivers().find((transceiver) => transceiver.mid === mid)
      ?.receiver
  }

  /** Its server serves the room no longer: what comes is still heard, nothing is mended. */
  retire(): void {
    clearTimeout(this.timer)
    this.connection.onconnectionstatechange = this.connection.onicecandidate = null
  }

  /** Whether a voice has come. */
  get heard(): boolean {
    return this.audio.some((receiver) => receiver.getSynchronizationSources().length > 0)
  }

  close(): void {
    clearTimeout(this.timer)
    for (const encoder of Object.values(this.encoders)) encoder.stop()
    this.connection.onconnectionstatechange = null
    this.connection.close()
  }

  private addSender(kind: 'audio' | 'video', sendEncodings: SendEncoding[]): RTCRtpSender {
    let transceiver: RTCRtpTransceiver
    try {
      transceiver = this.connection.addTransceiver(kind, { direction: 'sendonly', sendEncodings })
    } catch {
      // A browser that refuses a mode which it does not know instead of ignoring it.
      const plain = sendEncodings.map(({ scalabilityMode: _, ...rest }) => rest)
      transceiver = this.connection.addTransceiver(kind, {
        direction: 'sendonly',
        sendEncodings: plain,
      })
    }
    trim(transceiver, kind)
    return transceiver.sender
  }

  private addReceiver(kind: 'audio' | 'video'): RTCRtpReceiver {
    const transceiver = this.connection.addTransceiver(kind, { direction: 'recvonly' })
    trim(transceiver, kind)
    return transceiver.receiver
  }

  private sendOffer(): void {
    const { sdp } = this.connection.localDescription!
    if (!this.events.send({ type: 'offer', connection: this.id, sdp })) return
    this.outstanding++
    this.offeredAt = performance.now()
  }

  private useful(iceServers: ICEServer[]): ICEServer[] {
    return this.relay ? iceServers : withoutDatagrams(iceServers)
  }

  /** No way was found yet, and relays have not been tried. */
  private get unrelayed(): boolean {
    const tried = this.connection.getConfiguration().iceServers?.length
    return (
      !tried &&
      this.iceServers.length > 0 &&
      ['new', 'checking'].includes(this.connection.iceConnectionState)
    )
  }

  private trickle(candidate: RTCIceCandidate | null): void {
    // The server resolves no mDNS names and learns such addresses from our checks anyway.
    if (!candidate?.candidate || candidate.candidate.includes('.local ')) return
    const mid = candidate.sdpMid ?? undefined
    this.events.send({
      type: 'candidate',
      connection: this.id,
      candidate: candidate.candidate,
      mid,
    })
  }

  private changed(): void {
    const state = this.connection.connectionState
    if (state === 'connected') {
      this.wasConnected = true
      this.restarts = 0
      clearTimeout(this.timer)
    }
    // A busy device sees paths disconnected that come back by themselves; one that is dead is
    // noticed sooner by MediaActivity.
    if (state === 'disconnected') this.recoverIn(patience)
    if (state === 'failed') this.recoverIn(0)
    this.events.transport(this.state)
  }

  get state(): Transport {
    const { connectionState } = this.connection
    if (connectionState === 'connected') return 'connected'
    return this.wasConnected || connectionState === 'failed' ? 'interrupted' : 'connecting'
  }

  private recoverIn(ms: number): void {
    clearTimeout(this.timer)
    this.timer = setTimeout(() => this.recover(), ms)
  }

  private recover(): void {
    if (this.connection.connectionState === 'connected' || !this.events.online()) return
    if (this.relaysLate && this.severed) return this.events.dead()
    if (this.restarts++ >= restartsMost) return this.events.dead()
    this.restart()
  }

  private askRelays(): void {
    if (!this.unrelayed || !this.events.online()) return
    this.relaysLate = true
    this.restart()
  }

  /**
   * DTLS has failed over a way that ICE has found: no restart mends that. So it is in Firefox,
   * which cannot send over a relay that a restart has brought to a connection that never stood; a
   * new one has its relays from the beginning.
   */
  private get severed(): boolean {
    const { connectionState, iceConnectionState } = this.connection
    return connectionState === 'failed' && ['connected', 'completed'].includes(iceConnectionState)
  }

  private restart(): void {
    void this.offer(true)
    this.recoverIn(restartWithin)
  }
}

/**
 * Leaves out the relay over UDP. It has the address and port of the media themselves: a network
 * that lets it through lets them through, too, and Chromium gives every packet from a relay's
 * address to the relay's client alone, so that nothing would come directly any more.
 */
function withoutDatagrams(iceServers: ICEServer[]): ICEServer[] {
  return iceServers
    .map((server) => ({
      ...server,
      urls: server.urls.filter((url) => !/^turn:.*[?&]transport=udp$/.test(url)),
    }))
    .filter(({ urls }) => urls.length > 0)
}

/** Of the certificate that a description names (RFC 8122). */
function fingerprint(sdp: string): string | undefined {
  return /^a=fingerprint:(.*)$/m.exec(sdp)?.[1]
}

function trim(transceiver: RTCRtpTransceiver, kind: string): void {
  const codecs = usefulCodecs(RTCRtpReceiver.getCapabilities(kind)?.codecs ?? [])
  try {
    transceiver.setCodecPreferences(codecs)
  } catch {
    // The offer is longer, that is all.
  }
}
