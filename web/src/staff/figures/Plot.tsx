import { amount } from './amounts'

export type Series = { name: string; values: readonly (number | undefined)[] }

type PlotProps = {
  title: string
  labels: readonly string[] // below the columns
  series: readonly Series[] // on top of each other, the first at the bottom
  unit?: string
}

const column = 10 // units of the drawing
const bar = 7
const height = 100

/**
 * Columns of numbers, one for each label. What it shows stands in a table beside it: a screen
 * reader is told its title alone. Drawn without a library, which would weigh more than the page.
 */
export function Plot({ title, labels, series, unit = '' }: PlotProps) {
  const sums = labels.map((_, at) => series.reduce((sum, one) => sum + (one.values[at] ?? 0), 0))
  const top = ceiling(Math.max(...sums, 0))
  return (
    <figure class="plot">
      <figcaption>
        {title}
        {series.length > 1 && (
          <span class="plot-legend">
            {series.map((one, at) => (
              <span key={one.name} class={`plot-key plot-key--${at}`}>
                {one.name}
              </span>
            ))}
          </span>
        )}
      </figcaption>
      <div class="plot-field">
        <span class="plot-top" aria-hidden="true">
          {amount(top)}
          {unit}
        </span>
        <svg
          role="img"
          aria-label={title}
          viewBox={`0 0 ${labels.length * column} ${height}`}
          preserveAspectRatio="none"
        >
          {[0, 0.5, 1].map((line) => (
            <line
              key={line}
              class="plot-line"
              x1={0}
              x2={labels.length * column}
              y1={height * line}
              y2={height * line}
            />
          ))}
          {labels.map((_, at) => (
            <Column key={at} at={at} top={top} values={series.map((one) => one.values[at])} />
          ))}
        </svg>
      </div>
      <div class="plot-labels" aria-hidden="true">
        {labels.map((label, at) => (
          <span key={at}>{label}</span>
        ))}
      </div>
    </figure>
  )
}

function Column(props: { at: number; top: number; values: (number | undefined)[] }) {
  const { at, top, values } = props
  let below = 0
  return (
    <>
      {values.map((value = 0, n) => {
        const tall = (value / top) * height
        below += tall
        return (
          tall > 0 && (
            <rect
              key={n}
              class={`plot-bar plot-bar--${n}`}
              x={at * column + (column - bar) / 2}
              width={bar}
              y={height - below}
              height={tall}
            />
          )
        )
      })}
    </>
  )
}

/** A round number that nothing is above, whole as it is written. */
export function ceiling(most: number): number {
  if (most <= 1) return 1
  const power = 10 ** Math.floor(Math.log10(most))
  return [1, 2, 5, 10].map((step) => step * power).find((one) => one >= most)!
}
