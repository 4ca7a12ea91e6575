/** A large picture of a question as it comes here: what somebody looks at first. */
import { signal } from '@preact/signals'
import { orderOf } from '../../../pages/photo/pace'
import type { InPieces } from '../../../pages/photo/Tiled'
import type { LookAtPicture, Picture, PicturePieces } from '../../api'
import { bytesOf, get, passing, post, problemOf, type Problem } from '../../request'
import { pathOf, pause } from './sending'
import { pauseOf } from './upload'

/** How often it is asked what has come to the server, in ms: about as long as a tile takes. */
const askEvery = 2_000
/** A look holds on the server for a minute. */
const lookEvery = 20_000
/** More at once would hold up what is looked at next; fewer leave a long way idle. */
const atOnce = 3

type Bytes = Uint8Array<ArrayBuffer>

/** Loads pieces while it is open. */
export class Coming {
  readonly photo = signal<InPieces>()
  readonly problem = signal<Problem>()
  private there: readonly number[] = [] // bytes that the server has of each
  private looked: readonly number[] = []
  private readonly asked = new Set<number>() // pieces that are on their way here
  private readonly path: string
  private readonly open = new AbortController()
  private toldAt = -Infinity // ms

  constructor(private readonly picture: Picture) {
    this.path = pathOf(picture.opinion, picture.id)
    void this.lasting(() => this.begin())
  }

  close(): void {
    this.open.abort()
  }

  /** What somebody looks at, the most important first. */
  look(wanted: readonly number[]): void {
    this.looked = wanted
    this.toldAt = -Infinity
    this.wake()
  }

  private wake = () => {}

  private async begin(): Promise<void> {
    const [preview, { sizes }] = await Promise.all([
      bytesOf(`${this.path}/preview`, this.open.signal),
      get<PicturePieces>(`${this.path}/pieces`, this.open.signal),
    ])
    const { width, height } = this.picture
    const pieces = sizes.map((_, i) => (i ? new Uint8Array() : preview))
    this.photo.value = { width, height, sizes, pieces }
    void this.goOn()
  }

  /** Asks what there is until all of it is, and at once when somebody looks elsewhere. */
  private async goOn(): Promise<void> {
    while (!this.open.signal.aborted && !this.isThere()) {
      await this.lasting(() => this.ask())
      if (this.toldAt === -Infinity && this.looked.length) continue // meanwhile
      await Promise.race([pause(askEvery), new Promise<void>((wake) => (this.wake = wake))])
    }
  }

  private isThere = () => {
    const sizes = this.photo.peek()!.sizes
    return this.there.length > 0 && this.there.every((bytes, i) => bytes === sizes[i])
  }

  private async ask(): Promise<void> {
    const now = performance.now()
    const pieces = [...this.looked]
    const { signal } = this.open
    const tells = pieces.length > 0 && now - this.toldAt >= lookEvery && !this.isThere()
    if (tells) this.toldAt = now
    const wanted: LookAtPicture = { pieces }
    const { have } = tells
      ? await post<PicturePieces>(`${this.path}/look`, wanted)
      : await get<PicturePieces>(`${this.path}/pieces`, signal)
    this.there = have
    this.load()
  }

  /** Has what is there sent here, as much at once as is good. */
  private load(): void {
    const { sizes, pieces } = this.photo.peek()!
    const next = orderOf(sizes.length, this.looked).filter(
      (i) => !pieces[i]!.length && this.there[i] === sizes[i] && !this.asked.has(i),
    )
    for (const i of next.slice(0, atOnce - this.asked.size)) {
      this.asked.add(i)
      const come = async () =>
        this.take(i, await bytesOf(`${this.path}/pieces/${i}`, this.open.signal))
      void this.lasting(come).then(() => {
        this.asked.delete(i)
        if (!this.open.signal.aborted) this.load()
      })
    }
  }

  private take(i: number, bytes: Bytes): void {
    const photo = this.photo.peek()!
    const pieces = photo.pieces.map((one, other) => (other === i ? bytes : one))
    this.photo.value = { ...photo, pieces }
  }

  /** Does it again until it is done, is refused, or the picture is closed. */
  private async lasting(does: () => Promise<void>): Promise<void> {
    for (let failures = 1; !this.open.signal.aborted; failures++) {
      try {
        await does()
        this.problem.value = undefined
        return
      } catch (error) {
        if (this.open.signal.aborted) return
        const problem = problemOf(error)
        this.problem.value = problem
        // What is refused once is refused as a whole: it was removed, or is not for them any more.
        if (!passing.has(problem.code)) return this.open.abort()
        await pause(pauseOf({ failures }))
      }
    }
  }
}
