import { dateIn, plusDays } from '../dates'
import { useServerNow } from '../desk/state'
import { Field, RadioField, SelectField } from '../parts/Field'
import type { Problem } from '../request'
import { words } from '../words'
import type { Draft } from './draft'

const durations = [15, 20, 30, 45, 60, 90, 120] // minutes

/** Whether it is the time that the server does not take. */
export const isOfTime = ({ code, field }: Problem) =>
  code === 'no-such-time' || code === 'two-such-times' || field === 'localStart'

type TimeProps = {
  date: string
  time: string
  minutes: number
  later: boolean
  zone: string
  problem?: Problem
  wrong?: string
  onChange: (part: Partial<Pick<Draft, 'date' | 'time' | 'minutes' | 'later'>>) => void
}

/** A day, a time and a length; and which of the two when the clocks repeat an hour. */
export function TimeFields({ date, time, minutes, later, zone, problem, ...rest }: TimeProps) {
  const { booking, problems } = words.value
  const { wrong, onChange } = rest
  const today = dateIn(useServerNow(), zone)
  const lengths = durations.includes(minutes) ? durations : [...durations, minutes]
  const twice = problem?.code === 'two-such-times' || later
  const told = problem?.code === 'invalid' ? booking.when.past : problem && problems[problem.code]
  const bad = wrong ?? (twice ? undefined : told)
  return (
    <>
      <div class="quick">
        {[
          [booking.when.today, today],
          [booking.when.tomorrow, plusDays(today, 1)],
        ].map(([label, day]) => (
          <button
            key={day}
            type="button"
            class={date === day ? 'button button--on' : 'button'}
            aria-pressed={date === day}
            onClick={() => onChange({ date: day!, later: false })}
          >
            {label}
          </button>
        ))}
      </div>
      <div class="toolbar">
        <Field label={booking.when.date}>
          {(attributes) => (
            <input
              class="input"
              type="date"
              {...attributes}
              value={date}
              required
              onInput={(event) => onChange({ date: event.currentTarget.value, later: false })}
            />
          )}
        </Field>
        <Field label={booking.when.time} help={booking.when.inZone(zone)} wrong={bad}>
          {(attributes) => (
            <input
              class="input"
              type="time"
              step={300}
              {...attributes}
              value={time}
              required
              onInput={(event) => onChange({ time: event.currentTarget.value, later: false })}
            />
          )}
        </Field>
        <SelectField
          label={booking.when.minutes}
          value={String(minutes)}
          onValue={(value) => onChange({ minutes: Number(value) })}
          options={lengths.map((length) => [String(length), booking.when.lasting(length)] as const)}
        />
      </div>
      {twice && (
        <RadioField
          label={booking.when.which}
          value={later ? 'later' : 'earlier'}
          onValue={(which) => onChange({ later: which === 'later' })}
          options={[
            ['earlier', booking.when.earlier],
            ['later', booking.when.later],
          ]}
        />
      )}
    </>
  )
}

type WhenProps = {
  draft: Draft
  set: (part: Partial<Draft>) => void
  zone: string
  problem?: Problem
  told: boolean
}

export function WhenFields({ draft, set, zone, problem, told }: WhenProps) {
  const { booking } = words.value
  const { repeat } = draft
  return (
    <fieldset class="group">
      <legend>{booking.when.legend}</legend>
      <TimeFields
        date={draft.date}
        time={draft.time}
        minutes={draft.minutes}
        later={draft.later}
        zone={zone}
        problem={problem}
        wrong={told && !(draft.date && draft.time) ? booking.when.missing : undefined}
        onChange={set}
      />
      <div class="toolbar">
        <SelectField
          label={booking.series.repeat}
          value={repeat}
          onValue={(value) => set({ repeat: value as Draft['repeat'] })}
          options={(['never', 'day', 'week', 'twoWeeks', 'month'] as const).map(
            (every) => [every, booking.series[every]] as const,
          )}
        />
        {repeat !== 'never' && (
          <Field label={booking.series.count}>
            {(attributes) => (
              <input
                class="input"
                type="number"
                min={2}
                max={100}
                {...attributes}
                value={draft.count}
                onInput={(event) => set({ count: Number(event.currentTarget.value) || 2 })}
              />
            )}
          </Field>
        )}
      </div>
    </fieldset>
  )
}
