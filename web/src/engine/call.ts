/**
 * A call, as the pages see it: puts the line to the server, the devices, the loudspeakers and the
 * pictures together. What each of them does is in its own file.
 */
import { computed, effect } from '@preact/signals-core'
import type { CallMode, ClientMessage, Source } from '../protocol/messages'
import type { Call, Ended, Findings, Notice, PictureSource, Watch } from './api'
import { RoomActions } from './room/actions'
import { OwnDraft } from './room/drafts'
import { Playout } from './receive/playout'
import { Devices } from './send/devices'
import { readInvitation } from './room/invitation'
import { AudioLevelMeter } from './send/audioLevel'
import { MutedSpeech } from './send/mutedSpeech'
import { ServerConnection } from './connection/server'
import type { ServerOptions } from './connection/server'
import { importWithRetry } from './importWithRetry'
import type { Input } from './send/constraints'
import type { Peer } from './connection/peer'
import { CallModes } from './room/callModes'
import { Screen } from './send/screen'
import { deliveryOf } from './send/delivery'
import {
  type Progress,
  type Session,
  deviceId,
  forgetSession,
  loadSession,
  saveSession,
} from './room/session'
import { State } from './room/state'
import { cleanDraft } from './room/text'
import { CallStats } from './receive/callStats'
import { Watches } from './receive/watches'

export interface CallOptions {
  /** The invitation's signed token. */
  token: string
  lang: 'fr' | 'en'
  /** The server's websocket; `/ws` of the page's own server when left out. */
  server?: URL
  /** Id of this browser; kept in localStorage when left out. */
  device?: string
  /** Media through our TURN server only, for tests of that way. */
  relay?: boolean
  /** The websocket, opened by the page before this program was there. */
  opened?: WebSocket
  /** The first welcome has told which page the server has now. */
  current?(page: string): void
  /** The server was not reached, before the first welcome. */
  unreached?(): void
  /** Shows the engine's inside as `window.__draille`, for tests. */
  debug?: boolean
}

/** Opens the line to the server at once: the transport stands by the time that a name is typed. */
export function createCall(options: CallOptions): Call {
  return new RunningCall(options)
}

class RunningCall extends RoomActions implements Call {
  private readonly state = new State()
  private readonly playout = new Playout(
    () => this.state.notify({ kind: 'device', device: 'speaker', trouble: 'lost' }),
    (number) => this.state.voiceOf(number),
  )
  private readonly meter = new AudioLevelMeter()
  private readonly mutedSpeech = new MutedSpeech(() => this.state.notify({ kind: 'unheard' }))
  private readonly devices: Devices
  private readonly sharing: Screen
  private readonly watches: Watches
  private readonly modes: CallModes
  private readonly stats: CallStats
  private readonly options: ServerOptions
  private session: Session
  private server?: ServerConnection
  private readonly draft = new OwnDraft(
    (change) => !!this.server?.tell({ type: 'typing', ...change }),
  )
  private idle?: ReturnType<typeof setTimeout> // until the way back is forgotten
  private serving?: Peer // has our tracks and feeds the loudspeakers

  readonly place = this.state.place
  readonly link = this.state.link
  readonly transport = this.state.transport
  readonly ended = this.state.ended
  readonly me = this.state.me
  readonly kind = this.state.kind
  readonly meeting = this.state.meeting
  readonly people = this.state.people
  readonly waiting = this.state.waiting
  readonly locked = this.state.locked
  readonly unattended = this.state.unattended
  readonly note = this.state.note
  readonly delay = this.state.delay
  readonly expectedBy = this.state.expectedBy
  readonly chat = this.state.chat
  readonly drafts = this.state.drafts.all
  readonly spotlight = this.state.spotlight
  readonly sameLink = this.state.sameLink
  readonly invitation = this.state.invitation
  readonly unsent = this.state.unsent
  readonly speakers = this.state.speakers
  readonly transferRate = this.state.transferRate
  readonly photoNews = this.state.photoNews
  readonly audioLevel = this.meter.level
  readonly soundBlocked = this.playout.blocked
  readonly volumes = this.playout.volumes
  readonly microphone
  readonly camera
  readonly selfStream
  readonly screen
  readonly speaker
  readonly mode
  readonly modeBy
  readonly receiving
  readonly usedBytes
  readonly delivery
  readonly qualityLevels

  readonly token

  // Long: the parts of the call in the order in which they need each other.
  constructor({ token, server, device, debug, ...options }: CallOptions) {
    super()
    this.token = token
    const doors = server ? [server] : ownDoors()
    this.options = { ...options, token, doors, device: device ?? deviceId() }
    this.session = loadSession(token)
    const changed = () => this.devicesChanged()
    const notice = this.state.notify
    this.devices = new Devices({
      changed,
      notice,
      track: (input, track) => this.attach(input, track),
      listed: (outputs) => void this.playout.listed(outputs),
    })
    this.sharing = new Screen({ changed, notice, track: (track) => this.attach('screen', track) })
    this.watches = new Watches({
      published: (participant, source) => this.state.published(participant, source),
      receiver: (mid) => this.server?.peer?.receiver(mid),
      subscribe: (subscriptions) => this.server?.subscribe(subscriptions),
    })
    this.modes = new CallModes({
      session: () => this.session,
      remember: (change) => this.remember(change),
      tell: (mode) => this.act({ type: 'mode', mode }),
      changed: () => this.modeChanged(),
      cameraWanted: () => this.camera.peek().wanted,
      turnCamera: (on) => this.devices.turn('camera', on),
      stopScreen: () => this.sharing.stop(),
    })
    this.stats = new CallStats({
      connection: () => this.server?.peer?.connection,
      faces: (now, hidden) => this.watches.measure(now, hidden),
      voiceOf: (number) => this.state.voiceOf(number),
      me: () => this.me.peek()?.id ?? '',
      delivery: () => {
        const peer = this.server?.peer
        const { live } = this.camera.peek()
        return deliveryOf(live, peer?.demands.camera ?? [], peer?.overloaded)
      },
      used: (usedBytes) => this.remember({ usedBytes }),
    })
    this.mode = this.modes.mode
    this.modeBy = this.modes.by
    this.receiving = this.modes.receiving
    this.usedBytes = this.stats.usedBytes
    this.delivery = this.stats.delivery
    this.qualityLevels = this.stats.qualityLevels
    this.microphone = this.devices.microphone
    this.camera = this.devices.camera
    this.selfStream = this.devices.selfStream
    this.screen = this.sharing.state
    this.speaker = computed(() => ({
      choices: this.devices.outputs.value,
      deviceId: this.playout.sink.value,
      selectable: Playout.selectable,
    }))
    this.devices.prefer('microphone', this.session.microphoneId)
    this.devices.prefer('camera', this.session.cameraId)
    void this.playout.chooseSink(this.session.speakerId ?? '')
    effect(() => {
      void this.place.value
      void this.microphone.value.wanted
      this.listenMuted()
    })
    this.modeChanged()
    this.onNotice(({ kind }) => {
      if (kind === 'joined') this.draft.repeat()
    })
    if (debug)
      void import('./debug').then((inside) =>
        inside.exposeForTests(this, () => this.server, this.watches),
      )
    this.start()
  }

  readonly onNotice = (listener: (notice: Notice) => void) => this.state.onNotice(listener)

  async openDevices(want: { microphone: boolean; camera: boolean }): Promise<void> {
    if (want.camera) await this.modes.endVoice()
    return this.devices.open(want)
  }

  /** A page that nobody has touched may not sound: then it does not. */
  chime(): Promise<void> {
    return this.playout.chime().catch(() => {})
  }

  override say(text: string): void {
    this.draft.said()
    super.say(text)
  }

  type(draft: string): void {
    this.draft.type(cleanDraft(draft))
  }

  override invite(role: 'guest' | 'clinician', name: string): void {
    this.state.invitation.value = undefined // the one of before is somebody else's
    super.invite(role, name)
  }

  setVolume(participant: string, volume: number): void {
    this.playout.setVolume(participant, volume)
  }

  override end(): void {
    this.state.endsAll = true
    super.end()
  }

  playTone(): Promise<void> {
    return this.playout.tone()
  }

  enter(name: string): void {
    this.server?.enter(name)
  }

  async examine(told: (findings: Findings) => void, signal: AbortSignal): Promise<Findings> {
    const { examine } = await importWithRetry(() => import('./check'))
    const { iceServers = [] } = this.server ?? {}
    const subject = {
      url: this.options.doors[0]!,
      iceServers,
      connection: () => this.server?.peer?.connection,
      microphone: this.microphone.peek(),
      camera: this.camera.peek(),
    }
    return examine(subject, told, signal)
  }

  setMicrophone(on: boolean): Promise<void> {
    return this.devices.turn('microphone', on)
  }

  async setCamera(on: boolean): Promise<void> {
    if (on) await this.modes.endVoice()
    return this.devices.turn('camera', on)
  }

  chooseMicrophone(id: string): Promise<void> {
    return this.devices.choose('microphone', id)
  }

  chooseCamera(id: string): Promise<void> {
    return this.devices.choose('camera', id)
  }

  async chooseSpeaker(id: string): Promise<void> {
    await this.playout.chooseSink(id)
    this.remember({ speakerId: id })
  }

  flipCamera(): Promise<void> {
    return this.devices.flip()
  }

  async setScreen(on: boolean): Promise<void> {
    if (on) {
      await this.modes.endVoice()
      await this.sharing.start()
    } else this.sharing.stop()
  }

  setMode(mode: CallMode): Promise<void> {
    return this.modes.choose(mode)
  }

  setReceiving(on: boolean): void {
    void this.modes.setReceiving(on)
  }

  unblockSound(): Promise<void> {
    return this.playout.start()
  }

  watch(
    element: HTMLVideoElement,
    participant: string,
    source: PictureSource,
    priority: 0 | 1 | 2 | 3 | 4,
  ): Watch {
    return this.watches.watch(element, participant, source, priority)
  }

  leave(): void {
    this.server?.leave()
  }

  comeBack(): void {
    if (this.place.peek() !== 'ended') return
    clearTimeout(this.idle)
    const reason = this.state.ended.peek()?.reason
    this.state.reset()
    this.start(reason === 'replaced' || reason === 'elsewhere')
  }

  act(message: ClientMessage): void {
    if (message.type === 'say') this.state.says(message.text)
    this.server?.act(message)
  }

  part(data?: ArrayBuffer): number {
    return this.server?.part(data) ?? Infinity
  }

  private start(takeOver = false): void {
    if (!supported()) {
      this.state.ended.value = { reason: 'unsupported', canReturn: false }
      this.state.place.value = 'ended'
      return
    }
    const invitation = readInvitation(this.options.token)
    this.state.validFrom = invitation.from
    this.state.meeting.value = invitation
    // Whoever was further than the lobby already is brought back there by the server.
    if (!this.session.resume && !this.session.name) this.state.invited(invitation)
    this.server = new ServerConnection({ ...this.options, takeOver }, invitation.kind, {
      state: this.state,
      session: () => this.session,
      watches: this.watches,
      concealed: () => this.stats.concealment.audible,
      long: () => this.stats.roundTrip.long,
      live: () => ({
        microphone: this.microphone.peek().live,
        camera: this.camera.peek().live,
        screen: this.screen.peek().live,
      }),
      connected: (peer, carries) => this.connected(peer, carries),
      entered: () => this.entered(),
      restored: () => this.restore(),
      muted: (source) => this.muted(source),
      listed: (me, arrival) => void this.modes.hear(me.mode, me.modeBy ?? '', arrival),
      seated: () => this.modes.seated(),
      remember: (change) => this.remember(change),
      over: () => this.over(),
    })
    this.options.opened = undefined // whoever comes back opens another
  }

  /** A new connection, possibly in the middle of a call. */
  private connected(peer: Peer, carries?: Promise<void>): void {
    if (this.place.peek() === 'room') this.send(peer, carries)
  }

  /** Nothing is sent before admission: the gate is shut, and the uplink may be thin. */
  private entered(): void {
    this.draft.repeat()
    if (this.server?.peer) this.send(this.server.peer)
  }

  private send(peer: Peer, carries?: Promise<void>): void {
    if (this.serving === peer) return // only the websocket is new
    this.serving = peer
    peer.setSmall(this.mode.peek() === 'saver')
    this.stats.start(this.session.usedBytes ?? 0)
    for (const input of ['microphone', 'camera'] as const)
      peer.attach(input, this.devices.track(input) ?? null)
    peer.attach('screen', this.sharing.track ?? null)
    void this.playout.play(peer.audio, carries)
  }

  private attach(source: Source, track: MediaStreamTrack | null): void {
    if (source === 'microphone') {
      this.meter.attach(track)
      this.listenMuted()
    }
    this.serving?.attach(source, track)
  }

  /** Whoever speaks into a microphone that they have switched off is told. */
  private listenMuted(): void {
    const muted = this.place.peek() === 'room' && !this.microphone.peek().wanted
    this.mutedSpeech.listen(muted ? this.devices.track('microphone') : undefined)
  }

  private devicesChanged(): void {
    const { microphone, camera } = this
    this.remember({
      microphone: microphone.peek().wanted,
      camera: camera.peek().wanted,
      microphoneId: microphone.peek().deviceId,
      cameraId: camera.peek().deviceId,
    })
    this.server?.tellMedia()
    // A page that captures may play: what was blocked may not be any longer.
    if (this.soundBlocked.peek()) void this.playout.start()
  }

  /** After a reload, as it was in this tab; in another tab, as the others still see us. */
  private restore(): void {
    const { microphone, camera } = this.session
    if (microphone !== undefined) return void this.openDevices({ microphone, camera: !!camera })
    const stop = this.people.subscribe((people) => {
      const me = people.find((person) => person.me)
      if (!me) return
      queueMicrotask(() => stop())
      void this.openDevices(me)
    })
  }

  private muted(source: Source): void {
    if (source === 'screen') this.sharing.stop()
    else void this.devices.turn(source satisfies Input, false)
  }

  private modeChanged(): void {
    const mode = this.mode.peek()
    this.watches.choose(mode, this.receiving.peek())
    this.server?.peer?.setSmall(mode === 'saver')
  }

  get progress(): Progress {
    return this.session
  }

  remember(change: Partial<Session>): void {
    this.session = { ...this.session, ...change }
    saveSession(this.session)
  }

  private over(): void {
    // Whoever has finished leaves nothing for the next person at a shared tablet. Whoever was
    // turned away for now may load the page again.
    const ended = this.state.ended.peek()!
    if (done.includes(ended.reason)) forgetSession()
    // Who is too early is let in by the page itself, whenever that is.
    if (ended.reason !== 'not-yet') {
      this.idle = setTimeout(() => {
        forgetSession()
        this.state.ended.value = { ...ended, canReturn: false }
      }, idleAfterMs)
    }
    this.serving = undefined
    this.stats.stop()
    this.sharing.stop()
    void this.devices.close()
    this.playout.stop()
  }
}

/** ms for which the page of a call that is over keeps the way back: then somebody else holds it. */
const idleAfterMs = 10 * 60_000

const done: Ended['reason'][] = [
  'left',
  'ended',
  'removed',
  'refused',
  'blocked',
  'revoked',
  'expired',
  'invalid',
]

/** The page's own server first, then the other doors of its cluster, which stand in the page. */
function ownDoors(): URL[] {
  const { host, protocol } = location
  const named = document.querySelector<HTMLMetaElement>('meta[name="doors"]')?.content.split(' ')
  const doors = [...new Set([host, ...(named ?? [])])]
  return doors.map((door) => new URL(`${protocol.replace('http', 'ws')}//${door}/ws`))
}

/**
 * A page that is not served securely has no devices but may listen; that is said where devices are
 * opened.
 */
function supported(): boolean {
  return (
    'RTCPeerConnection' in window &&
    'WebSocket' in window &&
    (!isSecureContext || !!navigator.mediaDevices)
  )
}
