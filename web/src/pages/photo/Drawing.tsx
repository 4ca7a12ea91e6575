import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import { maxMarkPoints } from '../../protocol/messages'
import type { Board, Drawn, Tool } from './board'
import { flat, lengthOf, pairs, thinned, type Point } from './marks'
import { measured } from './words'

/** How often a pointer is told, in ms: small enough for the eye, little enough for a thin link. */
const pointEvery = 200

type DrawingProps = {
  board: Board
  tool?: Tool
  label: string
  filled: boolean
  onScale: (points: number[]) => void
}

/** What is drawn on a photo, and what is being drawn by a finger, a mouse or the arrow keys. */
export function Drawing(props: DrawingProps) {
  const { board, tool, onScale } = props
  const { width, height } = board
  const [draft, setDraft] = useState<Point[]>([])
  const [cursor, setCursor] = useState<Point>()
  const svg = useRef<SVGSVGElement>(null)
  const point = usePointing(board)
  // before the next key comes, which is for the photo
  useLayoutEffect(() => {
    setDraft([])
    setCursor(undefined)
    if (tool) svg.current?.focus()
    return () => point(undefined)
  }, [tool])

  const finish = (points: Point[]) => {
    setDraft([])
    if (tool === 'spot' && points.length) board.draw(tool, flat(points.slice(-1)))
    if (!tool || tool === 'pointer' || tool === 'spot' || points.length < 2) return
    const drawn = flat(tool === 'stroke' ? thinned(points, maxMarkPoints) : points)
    if (tool !== 'stroke' && lengthOf(points) < 1) return
    if (tool === 'scale') onScale(drawn)
    else board.draw(tool, drawn)
  }
  const move = (to: Point) => {
    if (tool === 'pointer') return point(to)
    if (!draft.length) return
    const kept = tool === 'stroke' ? draft : tool === 'spot' ? [] : draft.slice(0, 1)
    setDraft([...kept, to])
  }
  const keys = (event: KeyboardEvent) => {
    const by = arrows[event.key]
    const at = cursor ?? { x: width >> 1, y: height >> 1 }
    if (by) {
      const step = event.shiftKey ? 1 : Math.ceil(Math.max(width, height) / 100)
      const to = within({ x: at.x + by[0] * step, y: at.y + by[1] * step }, board)
      setCursor(to)
      move(to)
    } else if (event.key === 'Enter' || event.key === ' ') {
      setCursor(at)
      if (tool === 'pointer') point(at)
      else if (tool === 'spot') finish([at])
      else if (draft.length) finish(draft)
      else setDraft([at])
    } else return
    event.preventDefault()
    event.stopPropagation()
  }
  const at = (event: PointerEvent) => placeIn(svg.current!, event, board)
  const scale = scaleOf(board.drawn)
  return (
    <svg
      ref={svg}
      class={tool ? 'photo-drawing photo-drawing--armed' : 'photo-drawing'}
      viewBox={`0 0 ${width} ${height}`}
      preserveAspectRatio={`xMidYMid ${props.filled ? 'slice' : 'meet'}`}
      role={tool ? 'application' : 'img'}
      aria-label={props.label}
      tabindex={tool ? 0 : -1}
      onKeyDown={tool && keys}
      onPointerDown={(event) => {
        svg.current!.setPointerCapture(event.pointerId)
        if (tool === 'pointer') point(at(event))
        else setDraft([at(event)])
      }}
      onPointerMove={(event) => move(at(event))}
      onPointerUp={(event) => {
        if (tool !== 'pointer') finish(draft)
        else if (event.pointerType !== 'mouse') point(undefined)
      }}
      onPointerLeave={() => tool === 'pointer' && point(undefined)}
      onPointerCancel={() => setDraft([])}
    >
      {board.drawn.map((mark) => (
        <Shape key={mark.n} board={board} mark={mark} scale={scale} />
      ))}
      {tool && tool !== 'pointer' && tool !== 'spot' && draft.length > 1 && (
        <Shape
          board={board}
          mark={{ n: 0, name: '', kind: tool, points: flat(draft) }}
          scale={scale}
        />
      )}
      {cursor && <Spot at={cursor} board={board} />}
      {tool === 'spot' && draft[0] && <Spot at={draft[0]} board={board} />}
      {board.pointing.map((one) => (
        <Spot key={one.participant} at={one} board={board} name={one.name} />
      ))}
    </svg>
  )
}

export const scaleOf = (drawn: readonly Drawn[]) => drawn.find(({ kind }) => kind === 'scale')

const arrows: Record<string, readonly [number, number]> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
}

function within({ x, y }: Point, { width, height }: Board): Point {
  const held = (value: number, most: number) => Math.min(most, Math.max(0, Math.round(value)))
  return { x: held(x, width), y: held(y, height) }
}

/** The place on the photo, however it is enlarged. */
function placeIn(svg: SVGSVGElement, event: PointerEvent, board: Board): Point {
  const matrix = svg.getScreenCTM()!.inverse()
  return within(new DOMPoint(event.clientX, event.clientY).matrixTransform(matrix), board)
}

/** Tells where somebody points, seldom enough, and that they have stopped. */
function usePointing(board: Board): (to?: Point) => void {
  const state = useRef<{ next?: Point; timer?: ReturnType<typeof setTimeout>; shown?: boolean }>({})
  return (to) => {
    const now = state.current
    now.next = to
    const tell = () => {
      now.timer = undefined
      const { next } = now
      if (!next && !now.shown) return
      now.shown = !!next
      board.point(next)
    }
    if (!to) {
      clearTimeout(now.timer)
      tell()
    } else now.timer ??= setTimeout(tell, now.shown ? pointEvery : 0)
  }
}

/** A share of the photo, so that words and ends are as large on each screen. */
const part = ({ width, height }: Board, share: number) => Math.max(width, height) / share

function Shape({ mark, scale, board }: { mark: Drawn; scale?: Drawn; board: Board }) {
  const points = pairs(mark.points)
  const line = points.map(({ x, y }) => `${x},${y}`).join(' ')
  const [a, b] = [points[0]!, points.at(-1)!]
  const size = part(board, 40)
  if (mark.kind === 'spot') return <Spot at={a} name={mark.name} board={board} kept />
  return (
    <g class={`mark mark--${mark.kind}`}>
      <polyline class="mark-under" points={line} />
      <polyline points={line} />
      {mark.kind !== 'stroke' && (
        <>
          {[a, b].map(({ x, y }, i) => (
            <circle key={i} cx={x} cy={y} r={size / 4} />
          ))}
          <text
            x={(a.x + b.x) / 2}
            y={Math.max(size, (a.y + b.y) / 2 - size / 2)}
            font-size={size}
            stroke-width={size / 5}
          >
            {measured(mark, mark.kind === 'scale' ? mark : scale)}
          </text>
        </>
      )}
    </g>
  )
}

type SpotProps = { at: Point; name?: string; board: Board; kept?: boolean }

function Spot({ at, name, board, kept }: SpotProps) {
  const size = part(board, 40)
  return (
    <g class={kept ? 'mark mark--spot' : 'mark mark--pointer'}>
      <circle class="mark-under" cx={at.x} cy={at.y} r={size / 2} />
      <circle cx={at.x} cy={at.y} r={size / 2} />
      {name && (
        <text x={at.x} y={at.y + 1.6 * size} font-size={size * 0.8} stroke-width={size / 6}>
          {name}
        </text>
      )}
    </g>
  )
}
