import { useState } from 'preact/hooks'
import type { Day, Delay } from '../api'
import { useDoing } from '../parts/doing'
import { CheckField, SelectField } from '../parts/Field'
import { ProblemNote } from '../parts/Problem'
import { put } from '../request'
import { delayable, may, me } from '../session'
import { words } from '../words'
import { day as shownDay } from './live'
import { withDelay } from './rows'

const delays = [0, 5, 10, 15, 20, 30, 45, 60] // minutes, those that the server takes

/** Tells those who wait that it takes longer. */
export function DelayNote({ day }: { day: Day }) {
  const { day: sentences } = words.value
  const services = delayable(me.value)
  const [service, setService] = useState(services[0]?.id ?? '')
  const [minutes, setMinutes] = useState('10')
  const [mine, setMine] = useState(false)
  const { busy, problem, done, run } = useDoing()
  const chosen = services.find(({ id }) => id === service) ?? services[0]
  if (!chosen) return null

  const tell = (to: typeof chosen, only: boolean, amount: number) =>
    run(
      async () => {
        const delay = await put<Delay>('/api/delays', {
          establishment: to.establishment,
          service: to.id,
          mine: only,
          minutes: amount,
        })
        if (shownDay.value) shownDay.value = withDelay(shownDay.value, delay)
      },
      amount > 0 ? sentences.delay.told : words.value.common.saved,
    )
  const clinician = may(me.value, 'call.host', chosen.establishment, chosen.id)
  const nameOf = (id: string) => services.find((one) => one.id === id)?.name ?? ''
  return (
    <section class="panelcard" aria-labelledby="delay-title">
      <h2 id="delay-title">{sentences.delay.title}</h2>
      <ul>
        {day.delays
          .filter((delay) => nameOf(delay.service))
          .map((delay) => (
            <li key={delay.id} class="note delay">
              <span>{sentences.delay.said(nameOf(delay.service), delay.minutes)}</span>
              <button
                type="button"
                class="button"
                onClick={() =>
                  void tell(
                    services.find(({ id }) => id === delay.service)!,
                    !!delay.person,
                    0,
                  )
                }
              >
                {sentences.delay.clear}
              </button>
            </li>
          ))}
      </ul>
      <form
        class="toolbar"
        onSubmit={(event) => {
          event.preventDefault()
          void tell(chosen, clinician && mine, Number(minutes))
        }}
      >
        {services.length > 1 && (
          <SelectField
            label={sentences.delay.service}
            value={chosen.id}
            onValue={setService}
            options={services.map(({ id, name }) => [id, name] as const)}
          />
        )}
        <SelectField
          label={sentences.delay.minutes}
          value={minutes}
          onValue={setMinutes}
          options={delays
            .filter((amount) => amount > 0)
            .map((amount) => [String(amount), sentences.delay.some(amount)] as const)}
        />
        {clinician && (
          <CheckField label={sentences.delay.onlyMine} checked={mine} onChecked={setMine} />
        )}
        <button class="button" aria-disabled={busy}>
          {sentences.delay.tell}
        </button>
      </form>
      <p role="status">{done}</p>
      <ProblemNote problem={problem} />
    </section>
  )
}
