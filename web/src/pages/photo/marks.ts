/** What is drawn on photos, in their own pixels: the same at any size of a screen. */
import { signal } from '@preact/signals'
import type { Mark, PhotoMarks, PhotoPointed } from '../../protocol/messages'
import type { Drawn } from './board'

export type Point = { x: number; y: number }

export class Marks {
  /** By the photo's number. */
  readonly drawn = signal<Readonly<Record<number, readonly Mark[]>>>({})
  readonly pointers = signal<readonly PhotoPointed[]>([])

  told({ photo, add, drop, anew }: PhotoMarks): void {
    const before = anew ? [] : (this.drawn.peek()[photo] ?? [])
    const left = before.filter(({ n }) => !drop.includes(n))
    this.drawn.value = { ...this.drawn.peek(), [photo]: [...left, ...add] }
  }

  pointed(one: PhotoPointed): void {
    const others = this.pointers.peek().filter((old) => old.participant !== one.participant)
    this.pointers.value = one.away ? others : [...others, one]
  }

  /** Of photos that are there no more nothing stays; anew, all is told again. */
  keep(photos: readonly number[], anew = false): void {
    const left = anew ? [] : photos
    this.drawn.value = Object.fromEntries(
      Object.entries(this.drawn.peek()).filter(([photo]) => left.includes(Number(photo))),
    )
    this.pointers.value = this.pointers.peek().filter(({ photo }) => left.includes(photo))
  }
}

export const pairs = (points: readonly number[]): Point[] =>
  points.flatMap((x, i) => (i % 2 ? [] : [{ x, y: points[i + 1]! }]))

export const flat = (points: readonly Point[]): number[] => points.flatMap(({ x, y }) => [x, y])

export function lengthOf(points: readonly Point[]): number {
  const [a, b] = points
  return a && b ? Math.hypot(a.x - b.x, a.y - b.y) : 0
}

/** How long a ruler is: in mm by the scale of the photo, in its pixels without one. */
export function measure(mark: Drawn, scale?: Drawn): { mm?: number; pixels: number } {
  const pixels = lengthOf(pairs(mark.points))
  const known = scale && lengthOf(pairs(scale.points))
  if (!known) return { pixels }
  return { pixels, mm: ((pixels / known) * scale.length!) / 100 }
}

/** As many points as a mark may have: of more, every second one goes. */
export function thinned(points: Point[], most: number): Point[] {
  let left = points
  while (left.length > most)
    left = left.filter((_, i) => i % 2 === 0 || i === left.length - 1)
  return left
}
