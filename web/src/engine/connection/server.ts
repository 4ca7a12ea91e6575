/**
 * The line to the server: one websocket and one media connection, and what each of the server's
 * messages changes. It decides what survives a lost websocket, a reload and a server that has
 * forgotten us.
 */
import type {
  ClientMessage,
  Kind,
  Media,
  Person,
  Roster,
  ServerMessage,
  Source,
  Subscription,
  Welcome,
} from '../../protocol/messages'
import type { Ended, Link, PhotoNews } from '../api'
import { downloadRate } from './downloadRate'
import { Peer } from './peer'
import { MediaActivity } from './activity'
import { Socket } from './socket'
import * as regime from '../regime'
import type { Session } from '../room/session'
import type { State } from '../room/state'
import type { Watches } from '../receive/watches'

/** Nothing would be different on the next attempt with the same link. */
const final: Ended['reason'][] = ['expired', 'invalid', 'blocked', 'revoked', 'unsupported']

/**
 * bit/s: of a link that has carried the page faster the server is not told, for a voice that
 * repeats itself and a first picture begin with nearly so much.
 */
const tellBelow = regime.thin + 10_000

// ms, where the room goes on on another server: how often it is looked whether a voice comes from
// there, how long it may take once connected, how long both are heard until the jitter buffer has
// begun, and how long we are heard from here, too
const pollEvery = 25
const patience = 1_000
const surely = 200
const overlap = 2_000

export interface ServerOptions {
  /** The websocket, by each of the server's doors. */
  doors: readonly URL[]
  token: string
  device: string
  lang: 'fr' | 'en'
  relay?: boolean
  /** The person wants to go on here, not on the device that has the place. */
  takeOver?: boolean
  /** The websocket to begin with, opened by the page before this program was there. */
  opened?: WebSocket
  /** The first welcome has told which page the server has now. */
  current?(page: string): void
  /** The server was not reached, before the first welcome. */
  unreached?(): void
}

/** What the line needs from the call. */
export interface ServerNeeds {
  readonly state: State
  session(): Session
  readonly watches: Watches
  /** Whether what is heard is concealed audibly. */
  concealed(): boolean
  /** Whether the way to the server is long. */
  long(): boolean
  live(): Omit<Media, 'type'>
  /**
   * A new connection stands: devices and loudspeakers are to be put on it as far as the place
   * allows. `carries`: media come by the one before until then.
   */
  connected(peer: Peer, carries?: Promise<void>): void
  /** The place was reached: media may flow. */
  entered(): void
  /** A reload has found its place again: what was on is to be opened again. */
  restored(): void
  muted(source: Source): void
  /**
   * What one's own entry of the roster says; `arrival`: the first after the websocket was welcomed.
   */
  listed(me: Person, arrival: boolean): void
  /** The server has made a new seat and knows nothing of one's choices. */
  seated(): void
  remember(change: Partial<Session>): void
  /** It has ended; the line is closed. */
  over(): void
}

export class ServerConnection {
  peer?: Peer
  private former?: Peer // plays until the one of another server does
  /** For tests: what all connections of this line have negotiated. */
  readonly counters = { offers: 0, answers: 0, connections: 0 }
  private readonly socket: Socket
  private welcomed = false
  iceServers: Welcome['iceServers'] = [] // of the last welcome
  private entering = false // has asked to come in, or was in
  private asked = false // the server, on this websocket
  private media = '' // as last told
  private lines = 0 // of the camera, as last told
  private subscribed = ''
  private admitted = false // on this websocket: the server takes views
  private moved = false // to another network, since the last welcome
  private sentOn = false // to another server, since the last welcome
  private readonly activity: MediaActivity

  constructor(
    private readonly options: ServerOptions,
    kind: Kind, // of the room, according to the invitation
    private readonly needs: ServerNeeds,
  ) {
    const { token, device, lang } = options
    this.socket = new Socket(
      options.doors,
      {
        join: () => ({
          type: 'join',
          token,
          device,
          lang,
          resume: needs.session().resume,
          name: needs.session().name,
          takeOver: (options.takeOver && !this.welcomed) || undefined,
        }),
        greeted: () => {
          this.asked = false
          if (this.welcomed) return
          this.peer?.repeat()
          if (this.entering) this.askIn(needs.state.me.peek()?.name ?? '')
        },
        link: (link) => this.linked(link),
        message: (message) => this.receive(message),
        moved: () => (this.moved = true),
      },
      options.opened,
    )
    this.activity = new MediaActivity(() => this.peer?.connection.getReceivers() ?? [], {
      stopped: () => this.socket.prove(),
      resumed: () => (needs.state.transport.value = this.peer?.state ?? 'new'),
      polled: (now) => {
        this.tellMedia()
        this.peer?.poll(now, {
          limited: needs.watches.limited,
          concealed: needs.concealed(),
          long: needs.long(),
          uplinkLoss: (number) => needs.state.uplinkLoss(number),
          far: (number) => needs.state.far(number),
        })
      },
    })
    // The offer travels behind the join; where nothing but relays may be used, the welcome must
    // name them first.
    if (!options.relay) this.connect(kind)
  }

  /** What a person did: kept while the websocket is away. */
  act(message: ClientMessage): void {
    this.socket.sendOrKeep(message)
  }

  /** Tells what is told again otherwise. Reports whether the server has it. */
  tell(message: ClientMessage): boolean {
    return this.socket.send(message)
  }

  part(data?: ArrayBuffer): number {
    return this.socket.part(data)
  }

  enter(name: string): void {
    this.entering = true // said again after a reconnection
    this.needs.state.named(name)
    this.needs.remember({ name }) // a restarted server knows our place, but no names
    this.askIn(name)
  }

  private askIn(name: string): void {
    const bitrate = downloadRate()
    if (bitrate && bitrate < tellBelow) {
      this.socket.send({ type: 'estimate', bitrate }, !this.welcomed)
    }
    this.asked = this.socket.send({ type: 'enter', name }, !this.welcomed)
  }

  /** Tells which sources are live, and how fine the camera is, if that has changed. */
  tellMedia(): void {
    const lines = this.peer?.lines ?? 0
    if (lines !== this.lines && (this.lines || lines > 540) && lines)
      if (this.socket.send({ type: 'capture', lines })) this.lines = lines
    const message: Media = { type: 'media', ...this.needs.live() }
    const text = JSON.stringify(message)
    if (text !== this.media && this.socket.send(message)) this.media = text
  }

  subscribe(subscriptions: Subscription[]): void {
    const text = JSON.stringify(subscriptions)
    if (text === this.subscribed || !this.admitted) return
    if (this.socket.send({ type: 'subscribe', subscriptions: subscriptions }))
      this.subscribed = text
  }

  leave(): void {
    this.socket.send({ type: 'leave' })
    this.finish('left')
  }

  private linked(link: Link): void {
    const { state } = this.needs
    state.link.value = link
    if (link.state === 'lost' && !this.welcomed) this.options.unreached?.()
    // The browser will say so of the media, too, but seconds later.
    if (link.state === 'lost' && this.activity.stopped) state.transport.value = 'interrupted'
  }

  // Long: a table of messages.
  private receive(message: ServerMessage): void {
    const { state, watches } = this.needs
    switch (message.type) {
      case 'welcome':
        return this.welcome(message)
      case 'iceservers': // for the next ICE restart
        this.iceServers = message.iceServers
        return this.peer?.welcome(message.iceServers)
      case 'waiting':
        return state.waits(message)
      case 'admitted':
        state.admitted()
        this.needs.entered()
        this.admitted = true
        return watches.tell()
      case 'answer':
        if (message.connection === this.peer?.id) this.answer(message.sdp)
        return
      case 'slots':
        return watches.assign(message.slots)
      case 'encode':
        return this.peer?.encode(message.source, message.encodings)
      case 'speakers':
        state.speakers.value = message.participants
        return
      case 'uplinkloss':
        state.lossyUplinks = message.participants
        state.farVoices = message.far ?? []
        return
      case 'roster':
        state.roster(message)
        this.listed(message)
        return watches.refresh()
      case 'chat':
        return state.said([message.line])
      case 'history':
        return state.said(message.lines)
      case 'typed':
        return state.drafts.typed(message)
      case 'samelink':
        state.sameLink.value = message
        if (message.muted) this.needs.muted('microphone')
        return
      case 'invitation':
        state.invitation.value = message
        return
      case 'transferrate':
        state.transferRate.value = message
        return
      case 'unattended':
        state.isUnattended(message)
        if (message.stopped)
          for (const source of ['microphone', 'camera', 'screen'] as const) this.needs.muted(source)
        return
      case 'muted':
        this.needs.muted(message.source)
        return state.notify({ kind: 'muted', source: message.source, by: message.by })
      case 'error':
        console.warn(`${message.of ?? 'message'} refused (${message.code}): ${message.message}`)
        if (message.of === 'say') state.notSaid()
        return state.notify({
          kind: 'error',
          code: message.of === 'say' && message.code === 'too-fast' ? 'unsent' : message.code,
        })
      case 'bye':
        if (!message.retry) this.finish(message.reason)
        this.sentOn = message.reason === 'moved'
        // What it has not answered by its goodbye it has not heard.
        if (this.sentOn) for (const text of state.saying) this.act({ type: 'say', text })
        return
      default:
        state.photoNews.value = [...state.photoNews.peek(), message as PhotoNews]
    }
  }

  private welcome(message: Welcome): void {
    const { state } = this.needs
    const first = !this.welcomed
    const name = state.me.peek()?.name ?? message.name
    this.welcomed = true
    this.iceServers = message.iceServers
    this.admitted = false
    this.subscribed = ''
    this.needs.remember({ resume: message.resume })
    const goesOn = this.sentOn && message.place === 'room' && state.place.peek() === 'room'
    this.sentOn = false
    const note = state.note.peek()
    state.welcome(message, goesOn)
    // What the server still knows is not said again: a mute that we have not heard of yet would be
    // undone.
    if (!message.resumed || first) {
      this.media = ''
      this.lines = 0
    }
    if (!message.resumed) this.needs.seated()
    this.tellMedia()
    if (first && this.peer?.kind === message.room.kind) this.peer.welcome(message.iceServers)
    else if (message.resumed && this.peer && !first && !goesOn)
      this.peer.resume(
        message.iceServers,
        this.activity.stopped || (this.moved && !this.activity.active),
      )
    else this.connect(message.room.kind, message.iceServers, goesOn)
    // Another server knows nothing that only the one of before was told, unless that has told it.
    if (goesOn && note && !message.kept && message.role !== 'guest')
      this.tell({ type: 'note', text: note })
    if (first) this.options.current?.(message.page ?? '')
    this.moved = false
    if (message.place === 'lobby' && this.entering) {
      // The server does not know us yet, or has forgotten us: the place on the page stands until it
      // answers.
      if (this.asked) state.named(name)
      else this.enter(name)
    } else {
      state.place.value = message.place
      this.entering = message.place !== 'lobby'
      if (first && this.entering) this.needs.restored()
    }
  }

  private listed({ present, full }: Roster): void {
    const me = present.find((person) => person.id === this.needs.state.me.peek()?.id)
    if (me) this.needs.listed(me, full)
  }

  private answer(sdp: string): void {
    this.peer!.answer(sdp).catch((error: Error) => {
      console.warn(
        `expected an answer to our offer, got one that the browser refuses: ${error.message}`,
      )
      this.needs.state.notify({ kind: 'error', code: 'sdp' })
    })
  }

  /** `beside`: the connection of now goes on until the new one carries media. */
  private connect(kind: Kind, iceServers?: Welcome['iceServers'], beside = false): void {
    const { state, watches } = this.needs
    this.former?.close()
    this.former = undefined
    if (beside) {
      this.former = this.peer
      this.former?.retire()
    } else {
      this.peer?.close()
      watches.assign([])
    }
    this.counters.connections++
    const peer = new Peer(
      { iceServers, kind, relay: this.options.relay },
      {
        online: () => this.socket.open,
        send: (message) => this.socket.send(message, !this.welcomed),
        transport: (transport) => {
          if (this.former && transport === 'connecting') return
          state.transport.value = transport
          // what has cut the media may have cut it, too
          if (transport === 'interrupted') this.socket.prove()
        },
        datagram: (data) => this.receive(JSON.parse(data) as ServerMessage),
        dead: () => this.reconnect(),
      },
      this.counters,
    )
    this.peer = peer
    this.needs.connected(peer, this.former && this.carries(peer))
    void peer.offer()
  }

  /**
   * Until a voice comes over a new connection, or it is clear that nobody speaks. The others may
   * change later: what we say goes to both servers for a while.
   */
  private async carries(peer: Peer): Promise<void> {
    const { former } = this
    const { connection } = peer
    let left = patience
    while (this.peer === peer && !peer.heard && left > 0) {
      await new Promise((again) => setTimeout(again, pollEvery))
      if (connection.connectionState === 'connected') {
        left -= pollEvery
        former?.attach('camera', null)
        former?.attach('screen', null)
      }
    }
    await new Promise((sure) => setTimeout(sure, surely))
    setTimeout(() => {
      former?.close()
      if (this.former === former) this.former = undefined
    }, overlap)
  }

  // ICE restarts do not help: the server may have lost the connection, or a middlebox its mind.
  private reconnect(): void {
    this.connect(this.peer!.kind, this.iceServers)
    this.subscribed = ''
    this.needs.watches.tell()
  }

  /** Ends for good and says why. */
  private finish(reason: Ended['reason']): void {
    this.activity.stop()
    this.socket.close()
    this.peer?.close()
    this.former?.close()
    const { state } = this.needs
    this.needs.remember({ resume: undefined })
    state.ended.value = {
      reason,
      place: state.place.peek(),
      canReturn: !final.includes(reason),
      ...(reason === 'ended' && state.endsAll && { mine: true }),
      ...(reason === 'not-yet' && { from: state.validFrom }),
    }
    state.place.value = 'ended'
    this.needs.over()
  }
}
