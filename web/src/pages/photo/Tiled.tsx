import { useEffect, useRef, useState } from 'preact/hooks'
import { partsOf } from '../../picture/pieces'
import type { Board } from './board'
import { leftSince } from './left'
import { Plate } from './Plate'
import { seenPieces, wantedPieces } from './pieces'
import { photoWords } from './words'

/** How often it is told what is looked at, in ms: as long as a glance. */
const lookEvery = 400

/** A photo in pieces, and what is here of each: a preview, the whole at a middle size, tiles. */
export type InPieces = {
  width: number // pixels
  height: number
  sizes: readonly number[] // bytes
  pieces: readonly Uint8Array<ArrayBuffer>[]
}

type TiledProps = {
  photo: InPieces
  board: Board
  title: string
  /** Said instead of how far the photo is. */
  sentence?: string
  /** Hears which pieces are looked at, the most important first. */
  onLook: (wanted: number[]) => void
}

const isWhole = ({ pieces, sizes }: InPieces, i: number) => pieces[i]!.length === sizes[i]

/** A photo that becomes sharp where it is looked at first. */
export function Tiled({ photo, board, title, sentence, onLook }: TiledProps) {
  const canvas = useRef<HTMLCanvasElement>(null)
  const drawn = useRef(new Set<number>()).current
  const drawing = useRef({ last: Promise.resolve() }).current
  const latest = useRef({ photo, onLook })
  latest.current = { photo, onLook }
  const [inView, setInView] = useState<readonly number[]>([])

  useEffect(() => {
    let told = ''
    const look = () => {
      const element = canvas.current!
      const box = element.closest('.photo-viewer')!.getBoundingClientRect()
      const placed = element.getBoundingClientRect()
      const wanted = wantedPieces(photo, placed, box, devicePixelRatio)
      if (wanted.join() === told) return
      told = wanted.join()
      setInView(seenPieces(photo, placed, box))
      latest.current.onLook(wanted)
    }
    look()
    const timer = setInterval(look, lookEvery)
    return () => clearInterval(timer)
  }, [])

  useEffect(() => {
    drawing.last = drawing.last.then(() => draw(canvas.current, latest.current.photo, drawn))
  }, [photo.pieces])

  const sum = (all: readonly number[]) => all.reduce((total, one) => total + one, 0)
  const have = sum(photo.pieces.map(({ length }) => length))
  const size = sum(photo.sizes)
  const sharpHere = inView.length > 0 && inView.every((i) => isWhole(photo, i))
  const state = have === size ? 'sharp' : sharpHere ? 'here' : 'coming'
  const said = useProgress(state, have, size)
  return (
    <Plate
      board={board}
      sentence={sentence ?? said}
      data={{
        'data-state': state,
        'data-pieces': photo.sizes.filter((_, i) => isWhole(photo, i)).length,
        'data-preview': isWhole(photo, 0),
        'data-middle': isWhole(photo, 1),
        'data-near': inView.length > 0 && isWhole(photo, inView[0]!),
        'data-have': have,
        'data-size': size,
      }}
    >
      <canvas
        ref={canvas}
        width={photo.width}
        height={photo.height}
        role="img"
        aria-label={title}
      />
    </Plate>
  )
}

/** How far a photo is, in words. */
function useProgress(state: 'sharp' | 'here' | 'coming', have: number, size: number): string {
  const sentences = photoWords.value
  const opened = useRef({ bytes: have, at: performance.now() }).current
  const percent = Math.floor((100 * have) / size)
  const left = leftSince(opened, { bytes: have, at: performance.now() }, size)
  if (state === 'sharp') return sentences.sharp
  return (state === 'here' ? sentences.sharpHere(percent) : sentences.coming(percent)) + left
}

/** Draws what has come since, in order: tiles over the whole in a lesser size. */
async function draw(
  canvas: HTMLCanvasElement | null,
  photo: InPieces,
  drawn: Set<number>,
): Promise<void> {
  const context = canvas?.getContext('2d')
  if (!context) return // closed meanwhile
  const { width, height, pieces } = photo
  const tiles = partsOf(photo)
  for (let i = 0; i < pieces.length; i++) {
    if (drawn.has(i) || !isWhole(photo, i) || (i === 0 && drawn.has(1))) continue
    if (i === 1) drawn.clear() // it covers what is sharp already
    drawn.add(i)
    const picture = await createImageBitmap(new Blob([pieces[i]!], { type: 'image/jpeg' }))
    const { x, y } = tiles[i - 2] ?? { x: 0, y: 0 }
    if (i < 2) context.drawImage(picture, 0, 0, width, height)
    else context.drawImage(picture, x, y)
    picture.close()
  }
}
