/**
 * The photos of a call on this page: those that it sends, and those that come. One album a call; it
 * goes on while its dialogs are closed.
 */
import { effect, signal } from '@preact/signals'
import type { Call } from '../../engine/api'
import { forget, keep, kept, prune } from '../../picture/kept'
import { interval, Pace } from '../../picture/pace'
import type { PhotoInfo, Photos, Upload } from '../../protocol/messages'
import { Marks } from './marks'
import { joined, orderOf, partOf, partOverhead, readPart, split } from './pace'
import { piecesOf, type Pieces } from './pieces'

/** A photo, and what is here of it. */
export type Here = {
  info: PhotoInfo
  mine: boolean
  pieces: Uint8Array<ArrayBuffer>[] // what has come of each
  gone?: Gone
}

/** Why a photo is not on the server any more: somebody took it back, or the server has lost it. */
export type Gone = 'removed' | 'lost'

/** What this page sends. */
export type Sending = {
  state: 'preparing' | 'sending' | 'sent' | 'unreadable' | 'refused' | 'stopped' | 'lost'
  sent: number // bytes
  size: number // bytes
  bitrate: number
}

/** What is being sent, by bytes. */
type Outgoing = {
  number: number
  pieces: readonly Uint8Array[]
  sent: number[]
  order: readonly number[]
  bitrate: number
}

const nothing: Sending = { state: 'preparing', sent: 0, size: 0, bitrate: 0 }

export class Album {
  readonly photos = signal<readonly Here[]>([])
  /** Who has asked for a photo; '' for nobody. */
  readonly asked = signal('')
  readonly sending = signal<Sending | undefined>(undefined)
  /** Who sent a photo that the server has lost; '' for nobody. */
  readonly lost = signal('')
  readonly marks = new Marks()
  private announced: Pieces[] = [] // not in the list of the server yet
  private outgoing?: Outgoing
  private last?: Upload // told last, when its photo was not here yet
  private readonly pace = new Pace(partOverhead)
  private timer?: ReturnType<typeof setInterval>

  constructor(private readonly call: Call) {
    void prune()
    effect(() => {
      const news = call.photoNews.value
      if (news.length) call.photoNews.value = []
      for (const one of news)
        if (one instanceof ArrayBuffer) this.arrived(one)
        else if (one.type === 'photoasked') this.asked.value = one.by
        else if (one.type === 'photos') this.listed(one)
        else if (one.type === 'photomarks') this.marks.told(one)
        else if (one.type === 'photopointed') this.marks.pointed(one)
        else void this.told(one)
    })
    effect(() => {
      if (call.place.value === 'ended') this.over()
    })
    let away = false
    effect(() => {
      const back = away && call.link.value.state === 'open'
      away = call.link.value.state === 'lost'
      if (back) this.back()
    })
  }

  /** Sends a photo that was taken. */
  async send(file: Blob): Promise<void> {
    this.asked.value = ''
    this.sending.value = nothing
    try {
      const made = await piecesOf(file)
      this.announced.push(made)
      const { width, height } = made
      const sizes = made.pieces.map(({ length }) => length)
      this.call.act({ type: 'photo', width, height, pieces: sizes })
    } catch {
      this.sending.value = { ...nothing, state: 'unreadable' }
    }
  }

  /**
   * The link is back, maybe to a server that knows of no photo: it says so to whoever looks at one.
   */
  private back(): void {
    for (const one of this.photos.peek()) this.look(one, [], true)
  }

  /** What somebody looks at, the most important first. */
  look({ info, mine, pieces, gone }: Here, inView: number[], anew = false): void {
    const missing = inView.filter((i) => pieces[i]!.length < info.pieces[i]!)
    if (mine || gone || (!anew && !missing.length)) return
    this.call.act({
      type: 'photolook',
      photo: info.number,
      pieces: missing,
      ...(anew && { have: pieces.map(({ length }) => length) }),
    })
  }

  close({ info, gone }: Here): void {
    if (gone) this.photos.value = this.photos.value.filter((one) => one.info !== info)
  }

  private listed({ photos, anew }: Photos): void {
    const me = this.call.me.peek()?.id
    const known = this.photos.peek()
    this.marks.keep(
      photos.map(({ number }) => number),
      anew,
    )
    const listed = photos.map((info): Here => {
      const before = known.find((one) => !one.gone && isSame(one.info, info))
      if (before) return { ...before, info }
      const mine = info.participant === me
      const sizes = info.pieces.join()
      const made = mine
        ? this.announced.find(({ pieces }) => pieces.map((one) => one.length).join() === sizes)
        : undefined
      this.announced = this.announced.filter((one) => one !== made)
      const pieces = made?.pieces ?? info.pieces.map(() => new Uint8Array())
      return { info, mine, pieces }
    })
    const gone = known
      .filter(({ info }) => !photos.some((one) => isSame(one, info)))
      .map((one) => ({ ...one, gone: one.gone ?? (anew ? 'lost' : 'removed') }))
    for (const { info, mine } of gone) if (mine) void forget(this.keptAs(info.number))
    // Of what was removed, that remains which somebody looks at; closing it lets it go.
    this.photos.value = [...listed, ...gone.filter(({ info }) => info.number === this.open)]
    const [mine] = gone.filter(({ info }) => info.number === this.outgoing?.number)
    if (mine) this.end(mine.gone === 'lost' ? 'lost' : undefined)
    const theirs = gone.find((one) => one.gone === 'lost' && !one.mine)
    if (theirs || photos.length > known.length) this.lost.value = theirs?.info.name ?? ''
    for (const one of listed)
      if (anew || !known.some(({ info }) => info.number === one.info.number))
        this.look(one, [], true)
    if (this.last) void this.told(this.last)
  }

  /** The photo that is looked at; 0: none. */
  open = 0

  private keptAs = (number: number) => `call-${this.call.me.peek()?.id}-${number}`

  private async told(upload: Upload): Promise<void> {
    const { photo, bitrate, order, have, key } = upload
    if (this.outgoing?.number === photo) {
      Object.assign(this.outgoing, { bitrate, order, ...(have && { sent: [...have] }) })
      return this.go()
    }
    const here = this.photos.peek().find(({ info, mine }) => mine && info.number === photo)
    this.last = here ? undefined : upload
    if (!here || !have || !key) return
    const id = this.keptAs(photo)
    const { info } = here
    if (!here.pieces[0]!.length) {
      // The page was loaded anew.
      const bytes = await kept(id, key).catch(() => undefined)
      if (!bytes) {
        this.call.act({ type: 'photodrop', photo })
        return this.end('stopped')
      }
      const pieces = split(bytes, info.pieces)
      this.photos.value = this.photos.peek().map((one) =>
        one.info.number === photo ? { ...one, pieces } : one,
      )
    }
    const { pieces } = this.photos.peek().find((one) => one.info.number === photo)!
    this.outgoing = { number: photo, pieces, sent: [...have], order, bitrate }
    this.go()
    await keep(id, key, joined(pieces))
  }

  private go(): void {
    this.timer ??= setInterval(() => this.step(performance.now()), interval)
    this.step(performance.now())
  }

  private step(now: number): void {
    const out = this.outgoing
    if (!out) return
    const { pieces, sent, bitrate } = out
    this.pace.pass(now, bitrate)
    for (let left = this.next(); left !== undefined; left = this.next()) {
      const most = this.pace.part(bitrate)
      if (!most || this.call.part() > most) break
      const data = pieces[left]!.subarray(sent[left], sent[left]! + most)
      this.call.part(partOf(out.number, left, sent[left]!, data))
      sent[left]! += data.length
      this.pace.sent(data.length)
    }
    const sum = (all: readonly number[]) => all.reduce((total, one) => total + one, 0)
    const size = sum(pieces.map(({ length }) => length))
    this.sending.value = { state: 'sending', sent: sum(sent), size, bitrate }
    if (this.next() === undefined) this.end('sent')
  }

  /** The piece that goes on next. */
  private next(): number | undefined {
    const { pieces, sent, order } = this.outgoing!
    return orderOf(pieces.length, order).find((i) => sent[i]! < pieces[i]!.length)
  }

  private end(state: 'sent' | 'stopped' | 'lost' | undefined): void {
    clearInterval(this.timer)
    this.timer = this.outgoing = undefined
    this.sending.value = state && { ...(this.sending.peek() ?? nothing), state }
  }

  private arrived(buffer: ArrayBuffer): void {
    const part = readPart(buffer)
    const one = this.photos
      .peek()
      .find(({ info, mine }) => !mine && info.number === part?.photo)
    const before = one?.pieces[part!.piece]
    if (!part || !one || before?.length !== part.offset) return
    const piece = joined([before, part.data])
    const pieces = one.pieces.map((old, i) => (i === part.piece ? piece : old))
    this.photos.value = this.photos
      .peek()
      .map((other) => (other === one ? { ...one, pieces } : other))
  }

  private over(): void {
    for (const { info, mine } of this.photos.peek()) if (mine) void forget(this.keptAs(info.number))
    this.end(undefined)
    this.marks.keep([])
    this.photos.value = []
    this.asked.value = this.lost.value = ''
  }
}

/** A server that knows of none numbers from the beginning. */
const isSame = (one: PhotoInfo, other: PhotoInfo) =>
  one.number === other.number &&
  one.participant === other.participant &&
  one.pieces.join() === other.pieces.join()
