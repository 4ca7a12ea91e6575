/** What is drawn on a picture of a question: seen at once, sent one after the other, and kept. */
import { useEffect, useRef, useState } from 'preact/hooks'
import type { Board, Drawn } from '../../../pages/photo/board'
import { maxMarks, type NewMark, type OpinionLine, type Picture } from '../../api'
import { answerOf, passing, post, problemOf, type Problem } from '../../request'
import { me } from '../../session'
import { pathOf, pause } from './sending'
import { pauseOf } from './upload'

/** Those that whoever looks has drawn. */
const ownOf = ({ marks }: OpinionLine, picture: string) =>
  (marks[picture] ?? []).filter(({ by }) => by === me.peek()?.person.id)

type Told = (line: OpinionLine) => void

/** Sends marks in the order in which they were drawn, over links that take their time. */
export class Pen {
  private last = Promise.resolve()

  constructor(
    private readonly path: string, // of the picture
    private readonly picture: string,
    private line: OpinionLine,
    private readonly on: {
      told: Told
      waiting: (marks: readonly Drawn[]) => void
      problem: (problem?: Problem) => void
    },
  ) {}

  private waiting: readonly Drawn[] = []

  /** Somebody else may have drawn. */
  read(line: OpinionLine): void {
    this.line = line
  }

  draw(kind: Drawn['kind'], points: number[], length?: number): Promise<void> {
    const name = this.line.mayAsk ? this.line.asker : this.line.expert
    const mark: Drawn = { n: -Math.random(), name, kind, points, length }
    const wanted: NewMark = { kind, points, ...(length && { length }) }
    this.wait([...this.waiting, mark])
    return this.then(
      () => post<OpinionLine>(`${this.path}/marks`, wanted),
      () => this.wait(this.waiting.filter((one) => one !== mark)),
    )
  }

  takeBack(all: boolean): Promise<void> {
    return this.then(async () => {
      const last = ownOf(this.line, this.picture).at(-1)
      if (!last) return this.line
      const path = `${this.path}/marks${all ? '' : `/${last.n}`}`
      return (await answerOf<OpinionLine>('DELETE', path)).data
    })
  }

  private wait(marks: readonly Drawn[]): void {
    this.waiting = marks
    this.on.waiting(marks)
  }

  private then(ask: () => Promise<OpinionLine>, after?: () => void): Promise<void> {
    this.last = this.last.then(async () => {
      const told = await this.lasting(ask)
      after?.()
      if (told) this.on.told((this.line = told))
    })
    return this.last
  }

  /** Asks until there is an answer; undefined: it was refused, which is said. */
  private async lasting(ask: () => Promise<OpinionLine>): Promise<OpinionLine | undefined> {
    for (let failures = 1; ; failures++) {
      try {
        const line = await ask()
        this.on.problem(undefined)
        return line
      } catch (error) {
        const problem = problemOf(error)
        this.on.problem(problem)
        // Whoever signs in next may be somebody else.
        if (!passing.has(problem.code) || problem.code === 'signed-out') return undefined
        await pause(pauseOf({ failures }))
      }
    }
  }
}

/** A picture of a question as it is drawn on: by both sides, until it is over. */
export function useBoard(picture: Picture, line: OpinionLine, told: Told) {
  const [waiting, setWaiting] = useState<readonly Drawn[]>([])
  const [problem, setProblem] = useState<Problem>()
  const kept = useRef<Pen>(undefined)
  const pen = (kept.current ??= new Pen(pathOf(picture.opinion, picture.id), picture.id, line, {
    told,
    waiting: setWaiting,
    problem: setProblem,
  }))
  useEffect(() => pen.read(line), [line])
  const open = !line.opinion.endedAt
  const drawn = [...(line.marks[picture.id] ?? []), ...waiting]
  const full = drawn.length >= maxMarks
  const mayTakeBack = open && waiting.length + ownOf(line, picture.id).length > 0
  const board: Board = {
    width: picture.width,
    height: picture.height,
    drawn,
    pointing: [],
    tools: open && !full ? ['spot', 'stroke', 'ruler', 'scale'] : [],
    mayTakeBack,
    mayClear: mayTakeBack,
    draw: (...mark) => void pen.draw(...mark),
    takeBack: (all) => void pen.takeBack(all),
    point: () => {},
  }
  return { board, problem, full: open && full }
}
