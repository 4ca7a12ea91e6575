import type { ComponentChildren } from 'preact'
import { useId } from 'preact/hooks'
import type { Figure, FigureLine, SatisfactionLine } from '../api'
import { words } from '../words'
import { amount, longTime, minutes, monthName, share } from './amounts'
import { shortMonths, totalOf } from './lines'
import { Numbers, type Line } from './Numbers'
import { countOf, meanFace, ratio } from './periods'
import { Plot, type Series } from './Plot'

type Months = { months: readonly FigureLine[] }

/** A plot and the table of what it shows: beside it, or below if it is wide. */
function Pair(props: { title: string; wide?: boolean; children: ComponentChildren }) {
  const { title, wide = false, children } = props
  const id = useId()
  return (
    <section class="panelcard" aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      <div class={wide ? 'plot-pair plot-pair--wide' : 'plot-pair'}>{children}</div>
    </section>
  )
}

type MonthlyProps = Months & {
  title: string
  plot: string
  series: readonly Series[]
  unit?: string
  heads: readonly string[]
  cells: (figure: Figure) => string[]
  children?: ComponentChildren // another table
}

function Monthly(props: MonthlyProps) {
  const { months, title, plot, series, unit, heads, cells, children } = props
  const { figures } = words.value
  const line = ({ key, figure }: FigureLine): Line => ({
    name: monthName(key),
    cells: cells(figure),
  })
  return (
    <Pair title={title} wide={heads.length > 4}>
      <Plot title={plot} labels={shortMonths(months)} series={series} unit={unit} />
      <Numbers
        caption={title}
        first={figures.month}
        heads={heads}
        lines={months.map(line)}
        total={{ name: figures.total, cells: cells(totalOf(months)) }}
      />
      {children}
    </Pair>
  )
}

const valuesOf = (months: readonly FigureLine[], of: (figure: Figure) => number | undefined) =>
  months.map(({ figure }) => of(figure))

export function Acts({ months }: Months) {
  const { figures } = words.value
  return (
    <Monthly
      months={months}
      title={figures.actsTitle}
      plot={figures.actsPlot}
      series={[
        { name: figures.acts, values: valuesOf(months, ({ acts }) => acts) },
        { name: figures.noShows, values: valuesOf(months, ({ noShows }) => noShows) },
      ]}
      heads={[figures.acts, figures.noShows, figures.cancelled]}
      cells={({ acts, noShows, cancelled }) => [acts, noShows, cancelled].map((n) => amount(n))}
    />
  )
}

export function Times({ months }: Months) {
  const { figures } = words.value
  const waited = ({ waitSeconds, waits }: Figure) => ratio(waitSeconds / 60, waits)
  return (
    <Monthly
      months={months}
      title={figures.timesTitle}
      plot={figures.timesPlot}
      unit={'\u00a0min'}
      series={[{ name: figures.meanWait, values: valuesOf(months, waited) }]}
      heads={[figures.meanWait, figures.longWaits, figures.meanSession]}
      cells={(figure) => [
        minutes(ratio(figure.waitSeconds, figure.waits)),
        share(ratio(figure.longWaits, figure.waits)),
        minutes(ratio(figure.sessionSeconds, figure.sessions)),
      ]}
    />
  )
}

const incidents = ['frozen', 'voiceOnly', 'stills', 'reconnected', 'lost'] as const

export function Incidents({ months }: Months) {
  const { figures } = words.value
  return (
    <Monthly
      months={months}
      title={figures.incidentsTitle}
      plot={figures.incidentsPlot}
      unit={'\u00a0%'}
      series={[
        {
          name: figures.troubled,
          values: valuesOf(months, ({ troubled, sessions }) => ratio(troubled * 100, sessions)),
        },
      ]}
      heads={[figures.sessions, figures.troubled, ...incidents.map((one) => figures.incident[one])]}
      cells={(figure) => [
        amount(figure.sessions),
        ...(['troubled', ...incidents] as const).map((one) => amount(figure[one])),
      ]}
    />
  )
}

const ofOpinions = ({ asked, answers }: Figure) => asked + answers > 0

/** Opinions asked for and given, by month, and by the specialty that was asked. */
export function Opinions({ months, services }: Months & { services: readonly FigureLine[] }) {
  const { figures } = words.value
  if (!ofOpinions(totalOf(months))) return null
  const hours = ({ answerSeconds, answers }: Figure) => ratio(answerSeconds / 3600, answers)
  const heads = [figures.asked, figures.answers, figures.meanAnswer, figures.distant]
  const cells = (figure: Figure) => [
    amount(figure.asked),
    amount(figure.answers),
    longTime(ratio(figure.answerSeconds, figure.answers), figures.days),
    share(ratio(figure.distant, figure.answers)),
  ]
  return (
    <Monthly
      months={months}
      title={figures.opinionsTitle}
      plot={figures.opinionsPlot}
      unit={'\u00a0h'}
      series={[{ name: figures.meanAnswer, values: valuesOf(months, hours) }]}
      heads={heads}
      cells={cells}
    >
      <Numbers
        caption={figures.opinionsOf}
        first={figures.specialty}
        heads={heads}
        lines={services
          .filter(({ figure }) => ofOpinions(figure))
          .map(({ name, figure }) => ({ name, cells: cells(figure) }))}
      />
    </Monthly>
  )
}

/** What patients said. Fewer than five answers are not told, nor those of a place. */
export function Satisfaction(props: { lines: readonly SatisfactionLine[]; hidden: boolean }) {
  const { figures } = words.value
  const { lines, hidden } = props
  const sums = figures.faces.map((_, at) => countOf(lines.map(({ faces }) => faces[at] ?? 0)))
  const cells = (faces: readonly number[]) => [
    amount(countOf(faces)),
    ...faces.map((one) => amount(one)),
    amount(meanFace(faces), 1),
  ]
  return (
    <Pair title={figures.satisfactionTitle} wide>
      {lines.length === 0 ? (
        <p class="soft">{hidden ? figures.notOfPlaces : figures.tooFew}</p>
      ) : (
        <>
          <Plot
            title={figures.satisfactionPlot}
            labels={figures.faces}
            series={[{ name: figures.answered, values: sums }]}
          />
          <Numbers
            caption={figures.satisfactionTitle}
            first={figures.month}
            heads={[figures.answered, ...figures.faces, figures.mean]}
            lines={lines.map(({ month, faces }) => ({
              name: monthName(month),
              cells: cells(faces),
            }))}
            total={{ name: figures.total, cells: cells(sums) }}
          />
          <p class="soft">{figures.fiveByFive}</p>
        </>
      )}
    </Pair>
  )
}
