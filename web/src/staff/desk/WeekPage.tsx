import { useEffect, useState } from 'preact/hooks'
import { Icon } from '../../pages/parts/icons'
import type { Row } from '../api'
import { dateIn, dayName, plusDays, weekOf } from '../dates'
import { Frame } from '../parts/Frame'
import { ProblemNote } from '../parts/Problem'
import { useReading } from '../parts/reading'
import { words } from '../words'
import { DayRow } from './DayRow'
import { connections, told } from './live'
import { useServerNow } from './state'

/** The telestaffs of a week, by day. */
export function WeekPage() {
  const { day: sentences, common } = words.value
  const now = useServerNow()
  const [date, setDate] = useState(dateIn(now))
  const { from, to } = weekOf(date)
  const { data, problem, again, setData } = useReading<{ items: Row[] }>(
    `/api/telestaffs?from=${from}&to=${to}`,
  )
  useEffect(() => void again(), [connections.value])
  useEffect(() => {
    const row = told.value.row
    if (!row || row.appointment.kind !== 'telestaff' || !data) return
    const others = data.items.filter((one) => one.appointment.id !== row.appointment.id)
    const on = dateIn(row.appointment.startsAt, row.appointment.zone)
    setData({ items: on >= from && on <= to ? [...others, row] : others })
  }, [told.value])
  const rows = [...(data?.items ?? [])].sort(
    (a, b) => a.appointment.startsAt - b.appointment.startsAt,
  )
  const dates = [...new Set(rows.map((row) => dateOf(row)))]
  return (
    <Frame title={sentences.week.title} help="week">
      <div class="toolbar">
        <div class="daychoice">
          <h2 class="daychoice-name">{sentences.week.of(dayName(from), dayName(to))}</h2>
          <div class="daychoice-buttons">
            <button
              type="button"
              class="button button--icon"
              aria-label={sentences.week.previous}
              onClick={() => setDate(plusDays(date, -7))}
            >
              <Icon name="back" />
            </button>
            <button
              type="button"
              class="button button--icon"
              aria-label={sentences.week.next}
              onClick={() => setDate(plusDays(date, 7))}
            >
              <Icon name="next" />
            </button>
          </div>
        </div>
      </div>
      <ProblemNote problem={problem} onRetry={() => void again()} />
      {!data && !problem && <p role="status">{common.loading}</p>}
      {data && rows.length === 0 && <p class="empty">{sentences.week.empty}</p>}
      {dates.map((one) => (
        <section key={one} class="rows" aria-label={dayName(one)}>
          <h2>{dayName(one)}</h2>
          <ul>
            {rows
              .filter((row) => dateOf(row) === one)
              .map((row) => (
                <DayRow key={row.appointment.id} row={row} now={now} />
              ))}
          </ul>
        </section>
      ))}
    </Frame>
  )
}

const dateOf = ({ appointment }: Row) => dateIn(appointment.startsAt, appointment.zone)
