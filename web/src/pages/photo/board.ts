/** A photo that is drawn on, in a call or outside: what there is on it, and what a tool does. */
import type { Call } from '../../engine/api'
import type { Mark } from '../../protocol/messages'
import { mayAdmit } from '../call/desk'
import type { Album, Here } from './album'
import type { Point } from './marks'

/** What is drawn. A spot stays where somebody pointed, on photos outside a call. */
export type Drawn = Omit<Mark, 'kind'> & { kind: Mark['kind'] | 'spot' }
export type Tool = 'pointer' | Drawn['kind']

export type Board = {
  width: number // pixels, as all places on it
  height: number
  drawn: readonly Drawn[]
  /** Where others point now. */
  pointing: readonly (Point & { participant: string; name: string })[]
  tools: readonly Tool[] // what may be done now
  mayTakeBack: boolean
  mayClear: boolean
  draw: (kind: Drawn['kind'], points: number[], length?: number) => void
  takeBack: (all: boolean) => void
  point: (to?: Point) => void
}

/** A photo of a call. */
export function boardOf(call: Call, album: Album, { info, mine, gone }: Here): Board {
  const { number: photo, width, height } = info
  const drawn = album.marks.drawn.value[photo] ?? []
  return {
    width,
    height,
    drawn,
    pointing: album.marks.pointers.value.filter((one) => one.photo === photo),
    tools: gone ? [] : ['pointer', 'stroke', 'ruler', 'scale'],
    mayTakeBack: !gone && drawn.length > 0,
    mayClear: !gone && drawn.length > 0 && (mine || mayAdmit(call)),
    draw: (kind, points, length) => {
      if (kind === 'spot') return
      call.act({ type: 'photomark', photo, kind, points, ...(length && { length }) })
    },
    takeBack: (all) => call.act({ type: 'photounmark', photo, all }),
    point: (to) => {
      const { x, y } = to ?? { x: 0, y: 0 }
      call.act({ type: 'photopoint', photo, x, y, ...(!to && { away: true }) })
    },
  }
}
