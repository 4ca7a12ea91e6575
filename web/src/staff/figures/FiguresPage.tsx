import { useEffect, useState } from 'preact/hooks'
import type { Figure, FigureKind, FigureLine, FiguresView } from '../api'
import { dateIn } from '../dates'
import { useServerNow } from '../desk/state'
import { SelectField } from '../parts/Field'
import { Frame } from '../parts/Frame'
import { ProblemNote } from '../parts/Problem'
import { useReading } from '../parts/reading'
import { query } from '../request'
import { may, me } from '../session'
import { words } from '../words'
import { amount, minutes, share } from './amounts'
import { totalOf } from './lines'
import { Numbers } from './Numbers'
import { lastMonths, periodOf, periodsOf, ratio } from './periods'
import { Acts, Incidents, Opinions, Satisfaction, Times } from './sections'

type Choice = { establishment: string; service: string; place: string; kind: string }

const everything: Choice = { establishment: '', service: '', place: '', kind: '' }
const kinds: FigureKind[] = ['consultation', 'telestaff', 'opinion']

/** What was counted, without anybody in it: plots, each with its table, and a file. */
export function FiguresPage() {
  const { figures, common } = words.value
  const [choice, setChoice] = useState(everything)
  const [period, setPeriod] = useState(lastMonths)
  const now = dateIn(useServerNow()).slice(0, 7)
  const wanted = query({ ...choice, ...periodOf(period, now) })
  const { data, problem, again } = useReading<FiguresView>(`/api/figures${wanted}`)
  // Of a place that was chosen the server tells nothing of the others: they stay to be chosen.
  const [places, setPlaces] = useState<FigureLine[]>([])
  useEffect(() => {
    if (data && !choice.place) setPlaces(data.places)
  }, [data])
  return (
    <Frame title={figures.title} help="figures">
      <Choices
        choice={choice}
        onChoice={setChoice}
        period={period}
        onPeriod={setPeriod}
        periods={periodsOf(data?.first ?? '', now)}
        places={places}
      />
      <ProblemNote problem={problem} onRetry={() => void again()} />
      {!data && !problem && <p role="status">{common.loading}</p>}
      {data?.demo && <p class="demo">{figures.demo}</p>}
      {data && (
        <>
          <Summary total={totalOf(data.months)} file={`/api/figures/csv${wanted}`} />
          {data.kinds.length === 0 ? (
            <p class="empty">{figures.empty}</p>
          ) : (
            <>
              <Acts months={data.months} />
              <Times months={data.months} />
              <Incidents months={data.months} />
              <Opinions months={data.months} services={data.services} />
              <Parts view={data} />
            </>
          )}
          <Satisfaction lines={data.satisfaction} hidden={!!choice.place} />
        </>
      )}
    </Frame>
  )
}

type ChoicesProps = {
  choice: Choice
  onChoice: (choice: Choice) => void
  period: string
  onPeriod: (period: string) => void
  periods: string[]
  places: FigureLine[]
}

function Choices({ choice, onChoice, period, onPeriod, periods, places }: ChoicesProps) {
  const { figures } = words.value
  const who = me.value
  const houses = (who?.establishments ?? []).filter(({ id }) => may(who, 'figures.view', id))
  const services = (who?.services ?? []).filter(
    (one) =>
      may(who, 'figures.view', one.establishment, one.id) &&
      (!choice.establishment || one.establishment === choice.establishment),
  )
  const houseOf = (id: string) => houses.find((house) => house.id === id)?.name ?? ''
  const select = (
    part: keyof Choice,
    label: string,
    options: readonly (readonly [string, string])[],
  ) => (
    <SelectField
      label={label}
      value={choice[part]}
      onValue={(value) =>
        onChoice(
          part === 'establishment'
            ? { ...choice, establishment: value, service: '', place: '' }
            : { ...choice, [part]: value },
        )
      }
      options={[['', figures.all], ...options]}
    />
  )
  return (
    <div class="toolbar">
      <SelectField
        label={figures.period}
        value={period}
        onValue={onPeriod}
        options={periods.map((one) => [one, one === lastMonths ? figures.lastMonths : one])}
      />
      {houses.length > 1 &&
        select(
          'establishment',
          figures.establishment,
          houses.map(({ id, name }) => [id, name] as const),
        )}
      {services.length > 1 &&
        select(
          'service',
          figures.service,
          services.map(
            ({ id, name, establishment }) =>
              [
                id,
                houses.length > 1 && !choice.establishment
                  ? `${name} – ${houseOf(establishment)}`
                  : name,
              ] as const,
          ),
        )}
      {select(
        'kind',
        figures.kind,
        kinds.map((kind) => [kind, figures.kinds[kind]] as const),
      )}
      {places.length > 1 &&
        select(
          'place',
          figures.place,
          places.map(({ key, name }) => [key, name || figures.elsewhere] as const),
        )}
    </div>
  )
}

function Summary({ total, file }: { total: Figure; file: string }) {
  const { figures } = words.value
  // Nobody stays away from an answer of an expert, which is an act as well.
  const due = total.acts - total.answers + total.noShows
  return (
    <section class="panelcard" aria-label={figures.summary}>
      <dl class="tallies">
        {[
          [figures.acts, amount(total.acts)],
          [figures.noShows, share(ratio(total.noShows, due))],
          [figures.meanWait, minutes(ratio(total.waitSeconds, total.waits))],
          [figures.meanSession, minutes(ratio(total.sessionSeconds, total.sessions))],
          [figures.troubled, share(ratio(total.troubled, total.sessions))],
        ].map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <p>
        <a class="button" href={file} download>
          {figures.download}
        </a>
      </p>
      <p class="soft">{figures.nobody}</p>
    </section>
  )
}

/** The same numbers by establishment, service, place and kind. */
function Parts({ view }: { view: FiguresView }) {
  const { figures } = words.value
  const parts = [
    [figures.establishment, view.houses.length > 1 ? view.houses : []],
    [figures.service, view.services],
    [figures.place, view.places],
    [figures.kind, view.kinds],
  ] as const
  const nameOf = ({ key, name }: FigureLine) =>
    name || (figures.kinds as Record<string, string>)[key] || figures.elsewhere
  return (
    <section class="panelcard" aria-labelledby="parts">
      <h2 id="parts">{figures.parts}</h2>
      {parts.map(
        ([first, lines]) =>
          lines.length > 0 && (
            <Numbers
              key={first}
              caption={figures.by(first)}
              first={first}
              heads={[
                figures.acts,
                figures.noShows,
                figures.cancelled,
                figures.meanWait,
                figures.meanSession,
                figures.troubled,
              ]}
              lines={lines.map((line) => ({
                name: nameOf(line),
                cells: [
                  amount(line.figure.acts),
                  amount(line.figure.noShows),
                  amount(line.figure.cancelled),
                  minutes(ratio(line.figure.waitSeconds, line.figure.waits)),
                  minutes(ratio(line.figure.sessionSeconds, line.figure.sessions)),
                  share(ratio(line.figure.troubled, line.figure.sessions)),
                ],
              }))}
            />
          ),
      )}
    </section>
  )
}
