import { useEffect, useRef, useState } from 'preact/hooks'
import { maxMarkLength } from '../../protocol/messages'
import type { Board, Tool } from './board'
import { scaleOf } from './Drawing'
import { measured, photoWords } from './words'

type ToolsProps = {
  board: Board
  tool?: Tool
  onTool: (tool?: Tool) => void
}

/** Points, draws and measures on a photo; what is measured is said in words, too. */
export function Tools({ board, tool, onTool }: ToolsProps) {
  const { tools, measures } = photoWords.value
  const { drawn } = board
  const scale = scaleOf(drawn)
  const rulers = drawn.filter(({ kind }) => kind === 'ruler')
  return (
    <>
      <div class="photo-tools" role="group" aria-label={tools.group}>
        {board.tools.map((one) => (
          <button
            key={one}
            type="button"
            class="button"
            aria-pressed={tool === one}
            onClick={() => onTool(tool === one ? undefined : one)}
          >
            {tools[one]}
          </button>
        ))}
        {board.mayTakeBack && (
          <button type="button" class="button" onClick={() => board.takeBack(false)}>
            {tools.undo}
          </button>
        )}
        {board.mayClear && (
          <button type="button" class="button" onClick={() => board.takeBack(true)}>
            {board.tools.includes('spot') ? tools.clearOwn : tools.clear}
          </button>
        )}
      </div>
      <p class="photo-measures" role="status">
        {rulers.map((one, i) => measures.one(i + 1, measured(one, scale))).join(' ')}{' '}
        {scale
          ? measures.by(measured(scale, scale), scale.name)
          : rulers.length > 0 && measures.pixels}
      </p>
    </>
  )
}

/** How long the line is that somebody has drawn along something known. */
export function ScaleForm({ onLength }: { onLength: (hundredths?: number) => void }) {
  const { scale } = photoWords.value
  const input = useRef<HTMLInputElement>(null)
  const [wrong, setWrong] = useState(false)
  useEffect(() => input.current?.focus(), [])
  const take = (event: Event) => {
    event.preventDefault()
    const hundredths = Math.round(100 * Number(input.current!.value.trim().replace(',', '.')))
    if (hundredths >= 1 && hundredths <= maxMarkLength) onLength(hundredths)
    else setWrong(true)
  }
  return (
    <form class="photo-scale" onSubmit={take}>
      <label>
        {scale.label}
        <input
          ref={input}
          inputMode="decimal"
          aria-invalid={wrong}
          onInput={() => setWrong(false)}
          // A dialog keeps Enter from the form that it may stand in; this form is its own.
          onKeyDown={(event) => event.key === 'Enter' && take(event)}
        />
      </label>
      <button class="button button--primary">{scale.take}</button>
      {scale.coins.map(([name, hundredths]) => (
        <button key={name} type="button" class="button" onClick={() => onLength(hundredths)}>
          {name}
        </button>
      ))}
      <button type="button" class="button" onClick={() => onLength()}>
        {scale.cancel}
      </button>
      <p role="alert">{wrong && scale.wrong}</p>
    </form>
  )
}
