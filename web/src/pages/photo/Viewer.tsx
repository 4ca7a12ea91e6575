import { useEffect, useRef, useState } from 'preact/hooks'
import type { Call } from '../../engine/api'
import { Dialog } from '../parts/Dialog'
import { isWhole, progress, type Album, type Here } from './album'
import { boardOf } from './board'
import { leftSince } from './left'
import { Plate } from './Plate'
import { partsOf, seenPieces, wantedPieces } from './pieces'
import { photoWords } from './words'

/** How often it is told what is looked at, in ms: as long as a glance. */
const lookEvery = 400

type ViewerProps = { call: Call; album: Album; here: Here; title: string; onClose: () => void }

/** A photo as large as there is room, that becomes sharp where it is looked at first. */
export function Viewer({ call, album, here, title, onClose }: ViewerProps) {
  const sentences = photoWords.value
  const canvas = useRef<HTMLCanvasElement>(null)
  const drawn = useRef(new Set<number>()).current
  const drawing = useRef({ last: Promise.resolve() }).current
  const latest = useRef(here)
  latest.current = here
  const [inView, setInView] = useState<readonly number[]>([])
  const { info } = here

  useEffect(() => {
    album.open = info.number
    let told = ''
    const look = () => {
      const element = canvas.current!
      const box = element.closest('.photo-viewer')!.getBoundingClientRect()
      const placed = element.getBoundingClientRect()
      const wanted = wantedPieces(info, placed, box, devicePixelRatio)
      if (wanted.join() === told) return
      told = wanted.join()
      setInView(seenPieces(info, placed, box))
      album.look(latest.current, wanted)
    }
    look()
    const timer = setInterval(look, lookEvery)
    return () => {
      clearInterval(timer)
      album.open = 0
    }
  }, [info.number])

  useEffect(() => {
    drawing.last = drawing.last.then(() => draw(canvas.current!, latest.current, drawn))
  }, [here.pieces])

  const { have, size } = progress(here)
  const percent = Math.floor((100 * have) / size)
  const sharpHere = inView.length > 0 && inView.every((i) => isWhole(here, i))
  const opened = useRef({ bytes: have, at: performance.now() }).current
  const left = leftSince(opened, { bytes: have, at: performance.now() }, size)
  const state = have === size ? 'sharp' : sharpHere ? 'here' : 'coming'
  const sentence = {
    sharp: sentences.sharp,
    here: sentences.sharpHere(percent) + left,
    coming: sentences.coming(percent) + left,
  }[state]
  return (
    <Dialog title={title} onClose={onClose}>
      <Plate
        board={boardOf(call, album, here)}
        sentence={here.gone ? sentences.gone[here.gone] : sentence}
        data={{
          'data-state': state,
          'data-pieces': info.pieces.filter((_, i) => isWhole(here, i)).length,
          'data-preview': isWhole(here, 0),
          'data-middle': isWhole(here, 1),
          'data-near': inView.length > 0 && isWhole(here, inView[0]!),
          'data-have': have,
          'data-size': size,
        }}
      >
        <canvas
          ref={canvas}
          width={info.width}
          height={info.height}
          role="img"
          aria-label={title}
        />
      </Plate>
    </Dialog>
  )
}

/** Draws what has come since, in order: tiles over the whole in a lesser size. */
async function draw(canvas: HTMLCanvasElement, here: Here, drawn: Set<number>): Promise<void> {
  const context = canvas.getContext('2d')!
  const { width, height } = here.info
  const tiles = partsOf(here.info)
  for (let i = 0; i < here.pieces.length; i++) {
    if (drawn.has(i) || !isWhole(here, i) || (i === 0 && drawn.has(1))) continue
    if (i === 1) drawn.clear() // it covers what is sharp already
    drawn.add(i)
    const picture = await createImageBitmap(new Blob([here.pieces[i]!], { type: 'image/jpeg' }))
    const { x, y } = tiles[i - 2] ?? { x: 0, y: 0 }
    if (i < 2) context.drawImage(picture, 0, 0, width, height)
    else context.drawImage(picture, x, y)
    picture.close()
  }
}
