import { useEffect, useRef, useState } from 'preact/hooks'
import { decoded, fitted } from '../../../picture/draw'
import { words } from '../../words'

/** Pixels of the longer side: enough to see whether a photo is sharp, on a tablet. */
const side = 1_600

type ReviewProps = {
  photo: Blob
  onKeep: () => void
  onAgain: (unreadable: boolean) => void
}

/** A photo that was just taken, to be kept or taken again. */
export function Review({ photo, onKeep, onAgain }: ReviewProps) {
  const { review } = words.value.opinion.pictures
  const canvas = useRef<HTMLCanvasElement>(null)
  const [size, setSize] = useState<{ width: number; height: number }>()
  useEffect(() => {
    // not a button: a key that was meant for the one before keeps nothing
    canvas.current!.focus()
    const show = async () => {
      const picture = await decoded(photo)
      const { width, height } = picture
      if (canvas.current) {
        Object.assign(canvas.current, fitted(width, height, side))
        const { width: w, height: h } = canvas.current
        canvas.current.getContext('2d')!.drawImage(picture, 0, 0, w, h)
        setSize({ width, height })
      }
      picture.close()
    }
    show().catch(() => onAgain(true))
  }, [photo])
  return (
    <>
      <p role="status">{size && review.sharp(size.width, size.height)}</p>
      <canvas
        ref={canvas}
        class="photos-frame"
        role="img"
        aria-label={review.photo}
        tabindex={-1}
      />
      <div class="actions">
        <button
          type="button"
          class="button button--primary"
          aria-disabled={!size}
          onClick={() => size && onKeep()}
        >
          {review.keep}
        </button>
        <button type="button" class="button" onClick={() => onAgain(false)}>
          {review.again}
        </button>
      </div>
    </>
  )
}
