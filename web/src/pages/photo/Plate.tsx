import type { ComponentChildren } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { aside } from '../call/aside'
import { Later } from '../parts/Later'
import type { Board, Tool } from './board'
import { Drawing } from './Drawing'
import { ScaleForm, Tools } from './Tools'
import { photoWords } from './words'

type PlateProps = {
  board: Board
  /** What is said while no tool is in hand. */
  sentence: string
  /** For whoever watches from outside. */
  data?: Record<`data-${string}`, string | number | boolean>
  children: ComponentChildren // the photo itself
}

/** A photo as large as there is room: to be looked at closely, and drawn on. */
export function Plate({ board, sentence, data, children }: PlateProps) {
  const sentences = photoWords.value
  const plane = useRef<HTMLDivElement>(null)
  const [chosen, setTool] = useState<Tool>()
  const [scale, setScale] = useState<number[]>()
  const filled = useFilled(plane)
  // what is asked for the length of stays in sight
  const line = scale && { n: 0, name: '', kind: 'stroke' as const, points: scale }
  const shown = line ? { ...board, drawn: [...board.drawn, line] } : board
  const tool = chosen && board.tools.includes(chosen) ? chosen : undefined
  return (
    <>
      <p role="status">{tool ? sentences.hints[tool] : sentence}</p>
      {scale ? (
        <ScaleForm
          onLength={(length) => {
            if (length) board.draw('scale', scale, length)
            setScale(undefined)
            setTool(undefined)
          }}
        />
      ) : (
        <Tools board={board} tool={tool} onTool={setTool} />
      )}
      <div class="photo-viewer" data-testid="photo" {...data}>
        <div ref={plane} class={tool ? 'photo-plane photo-plane--armed' : 'photo-plane'}>
          {children}
          <Drawing
            {...{ tool, filled }}
            board={shown}
            label={sentences.tools.group}
            onScale={setScale}
          />
        </div>
        <Later part={aside}>{({ Lens }) => <Lens video={plane} />}</Later>
      </div>
    </>
  )
}

/** Whether the lens fills its place with the photo, cut at its edges. */
function useFilled(plane: { current: HTMLElement | null }): boolean {
  const [filled, setFilled] = useState(false)
  useEffect(() => {
    const look = () => setFilled(plane.current?.style.objectFit === 'cover')
    const observer = new MutationObserver(look)
    observer.observe(plane.current!, { attributeFilter: ['style'] })
    return () => observer.disconnect()
  }, [])
  return filled
}
