/**
 * What the server has told, as signals for the pages: who is there, what was said, where we stand.
 */
import { computed, signal } from '@preact/signals-core'
import type * as protocol from '../../protocol/messages'
import type { ChatLine, Kind, Role, Roster, Waiting, Welcome } from '../../protocol/messages'
import type {
  Ended,
  Link,
  Meeting,
  Notice,
  PhotoNews,
  PictureSource,
  Place,
  SameLink,
  Transport,
  Unattended,
} from '../api'
import { Drafts } from './drafts'
import type { Invitation } from './invitation'
import { follow, nobody, viewOf } from './roster'
import type { Known } from './roster'

// ms
const allBackWithin = 5_000

export class State {
  readonly place = signal<Place>('connecting')
  readonly link = signal<Link>({ state: 'open' })
  readonly transport = signal<Transport>('new')
  readonly ended = signal<Ended | undefined>(undefined)
  readonly me = signal<{ id: string; name: string; role: Role } | undefined>(undefined)
  readonly kind = signal<Kind>('consultation')
  readonly meeting = signal<Meeting | undefined>(undefined)
  readonly locked = signal(false)
  readonly note = signal('')
  readonly delay = signal(0)
  readonly expectedBy = signal('')
  readonly chat = signal<ChatLine[]>([])
  readonly unsent = signal('')
  saying: string[] = [] // lines of which the server has not told yet what became of them
  readonly speakers = signal<string[]>([])
  readonly transferRate = signal<protocol.TransferRate | undefined>(undefined)
  readonly photoNews = signal<readonly PhotoNews[]>([])
  readonly unattended = signal<Unattended | undefined>(undefined)
  readonly drafts = new Drafts()
  readonly spotlight = signal('')
  readonly sameLink = signal<SameLink | undefined>(undefined)
  readonly invitation = signal<protocol.Invitation | undefined>(undefined)
  endsAll = false // one has asked to end the call for all
  validFrom?: number // Unix ms, of the invitation
  lossyUplinks: readonly string[] = [] // whose voices lose packets on their way to the server
  farVoices: readonly string[] = [] // whose way to the server is long
  private readonly known = signal<Known>(nobody)
  private readonly ahead = signal(0) // ms, the server's clock of performance.now()
  private readonly id = computed(() => this.me.value?.id ?? '')
  readonly people = computed(() =>
    this.known.value.present.map((person) => viewOf(person, this.id.value, this.ahead.value)),
  )
  readonly waiting = computed(() =>
    this.known.value.waiting.map((person) => viewOf(person, this.id.value, this.ahead.value)),
  )
  private readonly listeners = new Set<(notice: Notice) => void>()

  onNotice(listener: (notice: Notice) => void): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  readonly notify = (notice: Notice): void => {
    for (const listener of this.listeners) listener(notice)
  }

  published(participant: string, source: PictureSource): boolean {
    return !!this.known.peek().present.find((person) => person.id === participant)?.media[source]
  }

  /** Whose microphone has this number. */
  voiceOf(number: number): string | undefined {
    return this.known.peek().present.find((person) => person.csrcs.microphone === number)?.id
  }

  /** Whether the voice of that number loses packets on its way to the server. */
  uplinkLoss(number: number): boolean {
    const id = this.voiceOf(number)
    return id !== undefined && this.lossyUplinks.includes(id)
  }

  /** Whether the way of the voice of that number to the server is long. */
  far(number: number): boolean {
    const id = this.voiceOf(number)
    return id !== undefined && this.farVoices.includes(id)
  }

  /**
   * What the invitation says, until the server has said whether it is genuine: the lobby need not
   * wait for that.
   */
  invited({ kind, role, name }: Invitation): void {
    if (!role) return
    this.me.value = { id: '', name, role }
    this.kind.value = kind
    this.place.value = 'lobby'
  }

  /** `goesOn`: on another server, which knows the lines of before where it has `kept` them. */
  welcome({ participant, name, role, room, resumed, kept, now }: Welcome, goesOn = false): void {
    this.stay()
    this.ahead.value = now - performance.now()
    if (goesOn) {
      this.back.clear()
      if (!kept) this.linesBefore = this.chat.peek().at(-1)?.n ?? 0
      this.goingOn = setTimeout(() => this.wentOn(), allBackWithin)
    }
    if (!resumed && !goesOn) {
      this.chat.value = [] // a new seat, or a server that was started again
      this.linesBefore = 0
    }
    if (!goesOn || !kept) this.saying = [] // what became of them is not told again
    this.me.value = { id: participant, name, role }
    this.kind.value = room.kind
    this.lossyUplinks = this.farVoices = [] // told again, if there are any
  }

  /** The name given on leaving the lobby. */
  named(name: string): void {
    const me = this.me.peek()
    if (me) this.me.value = { ...me, name }
  }

  waits({ host, note, delay }: Waiting): void {
    this.place.value = 'waiting'
    this.expectedBy.value = host ?? ''
    this.note.value = note ?? ''
    this.delay.value = delay ?? 0
  }

  admitted(): void {
    this.place.value = 'room'
    this.unattended.value = undefined
  }

  isUnattended({ stopped, callLeft }: protocol.Unattended): void {
    this.unattended.value = { stopped, endsAt: performance.now() + callLeft }
  }

  roster(message: Roster): void {
    if (this.goingOn) {
      for (const { id } of message.present) this.back.add(id)
      message = { ...message, full: false }
    }
    this.told = message
    const { known, notices } = follow(this.known.peek(), message, this.id.peek())
    this.known.value = known
    this.locked.value = message.locked
    this.note.value = message.note ?? ''
    this.delay.value = message.delay ?? 0
    this.spotlight.value = message.spotlight ?? ''
    this.present(known.present)
    if (known.present.some((person) => person.role !== 'guest')) this.unattended.value = undefined
    notices.forEach(this.notify)
  }

  /** Who is there now, for what concerns somebody who may have gone, and for one's own role. */
  private present(people: readonly protocol.Person[]): void {
    const me = this.me.peek()
    const role = people.find(({ id }) => id === me?.id)?.role
    if (me && role && role !== me.role) this.me.value = { ...me, role }
    const there = (id: string) => people.some((person) => person.id === id)
    const beside = this.sameLink.peek()
    if (beside && !beside.participants.some(there)) this.sameLink.value = undefined
    this.drafts.end(Object.keys(this.drafts.all.peek()).filter((id) => !there(id)))
  }

  /** A line of chat is on its way. */
  says(text: string): void {
    this.saying.push(text)
  }

  /** The server has refused the line that has been on its way for longest: it can be sent again. */
  notSaid(): void {
    const text = this.saying.shift()
    if (text) this.unsent.value = [this.unsent.peek(), text].filter(Boolean).join('\n')
  }

  private linesBefore = 0 // of chat, on other servers
  private goingOn?: ReturnType<typeof setTimeout> // on another server, where all come one by one
  private readonly back = new Set<string>() // who has come there
  private told?: Roster // last

  private stay(): void {
    clearTimeout(this.goingOn)
    this.goingOn = undefined
  }

  /** Whoever has not come by now is gone. */
  private wentOn(): void {
    this.goingOn = undefined
    const ids = this.known.peek().present.map(({ id }) => id)
    const left = ids.filter((id) => !this.back.has(id))
    if (this.told) this.roster({ ...this.told, present: [], left })
  }

  /** Lines of chat: a new one, or some from before, which may have come already. */
  said(lines: ChatLine[]): void {
    if (lines.at(-1)?.participant === this.id.peek() && lines.at(-1)?.text === this.saying[0])
      this.saying.shift()
    const numbered = lines.map((line) => ({ ...line, n: line.n + this.linesBefore }))
    const known = new Map([...this.chat.peek(), ...numbered].map((line) => [line.n, line]))
    this.chat.value = [...known.values()].sort((a, b) => a.n - b.n)
    this.drafts.end(lines.map(({ participant }) => participant))
  }

  /** As before the first message, for another attempt. */
  reset(): void {
    this.place.value = 'connecting'
    this.link.value = { state: 'open' }
    this.transport.value = 'new'
    this.ended.value = undefined
    this.me.value = undefined
    this.known.value = nobody
    this.unattended.value = undefined
    this.locked.value = false
    this.note.value = this.expectedBy.value = ''
    this.delay.value = 0
    this.chat.value = this.saying = []
    this.linesBefore = 0
    this.stay()
    this.unsent.value = ''
    this.drafts.reset()
    this.spotlight.value = ''
    this.sameLink.value = this.invitation.value = undefined
    this.endsAll = false
    this.speakers.value = []
    this.lossyUplinks = this.farVoices = []
  }
}
