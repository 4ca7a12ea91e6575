/**
 * The websocket: joins, stays alive, and comes back by itself. A browser does not see websocket
 * pings and notices a dead network after minutes, hence pings of our own.
 */
import type { ClientMessage, Join, ServerMessage } from '../../protocol/messages'
import { subprotocol } from '../../protocol/messages'
import type { Link } from '../api'

const pingEvery = 5_000 // ms
// ms without any message; four round trips of a satellite link to open fit in it too
const deadAfter = 10_000
// ms for an answer when the server may be gone: media have stopped, or the network says so
const proveWithin = 1_600
// ms for an answer after waking up, when a tablet's radio may still be asleep
const wakeWithin = 3_000
// ms for a door of a cluster to open, and again to say something, until the next one is tried
const doorWithin = 2_000
const delayFirst = 500 // ms
const delayMost = 3_000 // ms: a server that is started again has everybody back within five seconds
const delayLong = 15_000 // ms, once it has been away for some minutes
const patience = 60 // attempts
const keptMost = 50 // messages kept for after a reconnection

/**
 * Time to wait before the attempt with this number (1, 2, …): doubling, half of it random so that a
 * restarted server is not met by everybody at once.
 */
export function retryDelay(attempt: number, random: number): number {
  const whole = Math.min(
    attempt > patience ? delayLong : delayMost,
    delayFirst * 2 ** (attempt - 1),
  )
  return whole / 2 + (random * whole) / 2
}

export interface SocketEvents {
  join(): Join
  /**
   * Join has been sent: what may follow without waiting for the welcome can be sent now.
   */
  greeted(): void
  message(message: ServerMessage): void
  link(link: Link): void
  /** The device says that it is on another network: all that was connected before may be dead. */
  moved(): void
}

/** What Chromium tells of the kind of network, on phones and tablets. */
type NetworkKind = EventTarget & { type?: string }

export class Socket {
  private socket?: WebSocket // the one that has opened
  private readonly connecting = new Map<number, WebSocket>() // by door; none has opened yet
  private door = 0 // that answered last, or is tried now
  private greeted = false // join has been sent on this websocket
  private joined = false // welcome has come on this websocket
  private ended = false
  private attempt = 0
  private pings = 0
  private proving = false // an answer is expected soon
  private kept: ClientMessage[] = []
  private retryTimer?: ReturnType<typeof setTimeout>
  private pingTimer?: ReturnType<typeof setInterval>
  private deadTimer?: ReturnType<typeof setTimeout>
  private doorTimer?: ReturnType<typeof setTimeout>
  private readonly network = (navigator as { connection?: NetworkKind }).connection
  private kind = this.network?.type
  private readonly wake = () => {
    if (document.visibilityState === 'visible') this.prove(wakeWithin)
  }
  private readonly gone = () => this.prove()
  private readonly back = () => this.renew()
  // The event also tells of estimated rates, which say nothing.
  private readonly changed = () => {
    if (this.network?.type === this.kind) return
    this.kind = this.network?.type
    this.renew()
  }

  /** `doors`: of the servers of one cluster, the page's own first. Each leads to every room. */
  constructor(
    private readonly doors: readonly URL[],
    private readonly events: SocketEvents,
    opened?: WebSocket, // by the page, before this program was there
  ) {
    addEventListener('online', this.back)
    addEventListener('offline', this.gone)
    this.network?.addEventListener('change', this.changed)
    document.addEventListener('visibilitychange', this.wake)
    this.connect(opened)
  }

  /** Whether the server has welcomed us on the websocket of now. */
  get open(): boolean {
    return this.joined
  }

  /**
   * Sends now, or not at all: for state that is told again after a reconnection. `early`: right
   * behind the join, for what makes sense whatever the welcome says.
   */
  send(message: ClientMessage, early = false): boolean {
    if (!this.joined && !(early && this.greeted)) return false
    this.socket!.send(JSON.stringify(message))
    return true
  }

  /** See Call.part. */
  part(data?: ArrayBuffer): number {
    if (!this.joined || this.proving) return Infinity
    if (data) this.socket!.send(data)
    return this.socket!.bufferedAmount
  }

  /** Sends now, or once the place is taken back: for what a person did. */
  sendOrKeep(message: ClientMessage): void {
    if (!this.send(message) && this.kept.length < keptMost) this.kept.push(message)
  }

  /** Ends for good, after what was sent. */
  close(): void {
    this.ended = true
    removeEventListener('online', this.back)
    removeEventListener('offline', this.gone)
    this.network?.removeEventListener('change', this.changed)
    document.removeEventListener('visibilitychange', this.wake)
    clearTimeout(this.retryTimer)
    this.drop()
  }

  /**
   * Tries at once when waiting for a retry; else the websocket must prove soon that it is alive.
   */
  prove(within = proveWithin): void {
    if (this.ended) return
    if (!this.socket && !this.connecting.size) this.connect()
    else if (this.joined && !this.proving) {
      this.proving = true
      this.ping()
      this.expect(within)
    }
  }

  /** On another network a new websocket is sooner there than the old one is known to be dead. */
  private renew(): void {
    if (this.ended) return
    this.events.moved()
    this.drop()
    this.connect()
  }

  private connect(opened?: WebSocket): void {
    clearTimeout(this.retryTimer)
    this.expect(deadAfter)
    this.knock(opened)
  }

  /**
   * Tries a door, and after a while the next one beside it: over a satellite every door takes long,
   * and the first that opens is taken.
   */
  private knock(socket = new WebSocket(this.doors[this.door]!, subprotocol)): void {
    const { door, connecting } = this
    connecting.set(door, socket)
    socket.onopen = () => {
      connecting.delete(door)
      this.door = door
      this.greet(socket)
    }
    socket.onclose = () => {
      connecting.delete(door)
      if (connecting.size) this.knockBeside()
      else this.lost(true)
    }
    this.knockBeside()
    if (socket.readyState === WebSocket.OPEN) socket.onopen(new Event('open'))
  }

  private knockBeside(): void {
    clearTimeout(this.doorTimer)
    if (this.connecting.size === this.doors.length) return
    this.doorTimer = setTimeout(() => {
      do this.next()
      while (this.connecting.has(this.door))
      this.knock()
    }, doorWithin)
  }

  private next(): void {
    this.door = (this.door + 1) % this.doors.length
  }

  private greet(socket: WebSocket): void {
    this.stopKnocking()
    this.socket = socket
    socket.binaryType = 'arraybuffer'
    socket.onmessage = (event) => this.receive(event.data)
    socket.onclose = () => this.lost(!this.joined)
    socket.send(JSON.stringify(this.events.join()))
    this.greeted = true
    // Where the room lives may take a door some seconds to learn; that it is there, it says at
    // once.
    if (this.doors.length > 1) {
      this.send({ type: 'ping', n: ++this.pings }, true)
      this.expect(doorWithin)
    }
    this.events.greeted()
  }

  private receive(data: string | ArrayBuffer): void {
    this.proving = false
    this.expect(deadAfter)
    const message = (typeof data === 'string' ? JSON.parse(data) : data) as ServerMessage
    if (message.type === 'pong') return
    if (message.type === 'welcome') {
      this.joined = true
      this.attempt = 0
      this.pingTimer = setInterval(() => this.ping(), pingEvery)
      this.events.link({ state: 'open' })
    }
    if (message.type === 'bye') {
      if (!message.retry) this.ended = true
      if (message.reason === 'moved') this.joined = false // by the next door
    }
    this.events.message(message)
    if (message.type === 'welcome') {
      if (message.resumed || message.kept) this.kept.forEach((kept) => this.send(kept))
      this.kept = []
    }
  }

  private ping(): void {
    this.send({ type: 'ping', n: ++this.pings })
  }

  private expect(within: number): void {
    clearTimeout(this.deadTimer)
    this.deadTimer = setTimeout(() => this.lost(true), within)
  }

  private drop(): void {
    clearInterval(this.pingTimer)
    clearTimeout(this.deadTimer)
    this.stopKnocking()
    this.joined = this.greeted = this.proving = false
    if (this.socket) leave(this.socket)
    this.socket = undefined
  }

  private stopKnocking(): void {
    clearTimeout(this.doorTimer)
    this.connecting.forEach(leave)
    this.connecting.clear()
  }

  /** `silent`: the door is not there, says nothing, or does not find the room's server. */
  private lost(silent: boolean): void {
    this.drop()
    if (this.ended) return
    if (silent) this.next()
    const round = Math.ceil(++this.attempt / this.doors.length)
    const delay = retryDelay(round, Math.random())
    this.events.link({ state: 'lost', attempt: this.attempt, retryAt: performance.now() + delay })
    this.retryTimer = setTimeout(() => this.connect(), delay)
  }
}

function leave(socket: WebSocket): void {
  socket.onopen = socket.onmessage = socket.onclose = null
  socket.close()
}
