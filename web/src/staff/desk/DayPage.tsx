import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { Icon } from '../../pages/parts/icons'
import type { Row } from '../api'
import { dayName, plusDays } from '../dates'
import { Offer } from '../outside/Offer'
import { Field, RadioField, SelectField } from '../parts/Field'
import { Frame } from '../parts/Frame'
import { ProblemNote } from '../parts/Problem'
import { Unsigned } from '../report/Unsigned'
import { establishmentsFor, may, me } from '../session'
import { words } from '../words'
import { blocked, unblock } from './chime'
import { DayRow } from './DayRow'
import { DelayNote } from './DelayNote'
import { day, dayTrouble, readDay, showDay, today } from './live'
import { bySection, sections } from './rows'
import { soundOn, turnSound } from './sound'
import { useServerNow } from './state'

/** « Ma journée »: who waits comes first, and everything else by the clock. */
export function DayPage() {
  const { day: sentences } = words.value
  const date = useSignal('')
  const establishment = useSignal('')
  const whose = useSignal<'mine' | 'all'>('all')
  useEffect(() => showDay(date.value, establishment.value), [date.value, establishment.value])
  const shown = day.value
  const all = shown?.appointments ?? []
  const mixed = all.some((row) => row.mine) && all.some((row) => !row.mine)
  const rows = mixed && whose.value === 'mine' ? all.filter((row) => row.mine) : all
  const establishments = establishmentsFor('day.view')
  return (
    <Frame title={sentences.title} help="day" beside={<Sounds />}>
      <SoundBlocked />
      <div class="toolbar">
        <DayChoice date={date.value || shown?.date || ''} onDate={(on) => (date.value = on)} />
        {establishments.length > 1 && (
          <SelectField
            label={sentences.establishment}
            value={establishment.value}
            onValue={(id) => (establishment.value = id)}
            options={[
              ['', sentences.allEstablishments],
              ...establishments.map(({ id, name }) => [id, name] as const),
            ]}
          />
        )}
        {mixed && (
          <RadioField
            label={sentences.whose}
            value={whose.value}
            onValue={(value) => (whose.value = value as 'mine' | 'all')}
            options={[
              ['mine', sentences.mine],
              ['all', sentences.everybody],
            ]}
          />
        )}
      </div>
      <ProblemNote problem={dayTrouble.value} onRetry={() => void readDay()} />
      {shown ? (
        <Sections rows={rows} />
      ) : (
        !dayTrouble.value && <p role="status">{words.value.common.loading}</p>
      )}
      {may(me.value, 'report.write') && <Unsigned />}
      {shown && shown.date === today.value?.date && <DelayNote day={shown} />}
    </Frame>
  )
}

function DayChoice({ date, onDate }: { date: string; onDate: (date: string) => void }) {
  const { day: sentences } = words.value
  return (
    <div class="daychoice">
      <h2 class="daychoice-name">{date && dayName(date)}</h2>
      <div class="daychoice-buttons">
        <button
          type="button"
          class="button button--icon"
          aria-label={sentences.previous}
          onClick={() => onDate(plusDays(date, -1))}
        >
          <Icon name="back" />
        </button>
        <button type="button" class="button" onClick={() => onDate('')}>
          {sentences.today}
        </button>
        <button
          type="button"
          class="button button--icon"
          aria-label={sentences.next}
          onClick={() => onDate(plusDays(date, 1))}
        >
          <Icon name="next" />
        </button>
        <Field label={sentences.date}>
          {(attributes) => (
            <input
              class="input"
              type="date"
              {...attributes}
              value={date}
              onChange={(event) => onDate(event.currentTarget.value)}
            />
          )}
        </Field>
      </div>
    </div>
  )
}

function Sections({ rows }: { rows: Row[] }) {
  const { day: sentences } = words.value
  const now = useServerNow()
  const sorted = bySection(rows)
  if (rows.length === 0) return <p class="empty">{sentences.empty}</p>
  return (
    <>
      {sections.map(
        (section) =>
          sorted[section].length > 0 && (
            <section
              key={section}
              class={`rows rows--${section}`}
              aria-label={sentences.sections[section]}
            >
              <h2>
                {sentences.sections[section]} <span class="count">{sorted[section].length}</span>
              </h2>
              <ul>
                {sorted[section].map((row) => (
                  <DayRow key={row.appointment.id} row={row} now={now} />
                ))}
              </ul>
            </section>
          ),
      )}
    </>
  )
}

/** What is not heard is missed. */
function SoundBlocked() {
  const { sound } = words.value.day
  if (!blocked.value) return null
  return (
    <div class="banner banner--alert" role="alert">
      <span class="banner-words">{sound.blocked}</span>
      <button type="button" class="button" onClick={() => void unblock()}>
        <Icon name="sound" />
        {sound.on}
      </button>
    </div>
  )
}

function Sounds() {
  return (
    <div class="soundnote">
      <SoundSwitch />
      <Offer where="day" />
    </div>
  )
}

/** Whether it rings is seen. */
function SoundSwitch() {
  const { sound } = words.value.day
  if (blocked.value) return null
  return (
    <>
      {!soundOn.value && <span>{sound.isOff}</span>}
      <button
        type="button"
        class="button button--quiet"
        onClick={() => {
          turnSound(!soundOn.value)
          if (soundOn.value) void unblock()
        }}
      >
        <Icon name="sound" />
        {soundOn.value ? sound.off : sound.on}
      </button>
    </>
  )
}
