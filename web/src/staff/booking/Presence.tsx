import { useState } from 'preact/hooks'
import type { AppointmentView, Consent, Decision, Patient, PatientLine } from '../api'
import { moment, shortDate } from '../dates'
import { useDoing } from '../parts/doing'
import { RadioField, TextField } from '../parts/Field'
import { ProblemNote } from '../parts/Problem'
import { post } from '../request'
import { words } from '../words'

/** The four traits that are read aloud. */
export function FourTraits({ patient }: { patient: Patient | PatientLine }) {
  const { who } = words.value.booking
  return (
    <dl class="facts facts--aloud">
      <div>
        <dt>{who.birthName}</dt>
        <dd>{patient.birthName}</dd>
      </div>
      <div>
        <dt>{who.birthGivenName}</dt>
        <dd>{patient.birthGivenName}</dd>
      </div>
      <div>
        <dt>{who.sex}</dt>
        <dd>{who.sexes[patient.sex]}</dd>
      </div>
      <div>
        <dt>{who.birthDate}</dt>
        <dd>{shortDate(patient.birthDate)}</dd>
      </div>
    </dl>
  )
}

export function IdentityCard({ view }: { view: AppointmentView }) {
  const { identity } = words.value.booking.view
  const { busy, problem, done, run } = useDoing()
  const check = (agreed: boolean) =>
    run(
      () => post(`/api/appointments/${view.row.appointment.id}/identity`, { agreed }),
      agreed ? identity.done : identity.doneWrong,
    )
  return (
    <section class="panelcard" aria-labelledby="identity">
      <h2 id="identity">{identity.title}</h2>
      <p class="soft">{identity.read}</p>
      <FourTraits patient={view.patient!} />
      <div class="actions actions--row">
        <button type="button" class="button" aria-disabled={busy} onClick={() => void check(true)}>
          {identity.agreed}
        </button>
        <button type="button" class="button" aria-disabled={busy} onClick={() => void check(false)}>
          {identity.wrong}
        </button>
      </div>
      <p role="status">{done}</p>
      <ProblemNote problem={problem} />
    </section>
  )
}

/** The version of what a patient is told, as it is kept with their consent. */
export const informationVersion = '2026-11'

type ConsentProps = { view: AppointmentView; again: () => Promise<void> }

export function ConsentCard({ view, again }: ConsentProps) {
  const { consent } = words.value.booking.view
  const [decision, setDecision] = useState<Decision>('given')
  const [means, setMeans] = useState('oral')
  const [representative, setRepresentative] = useState('')
  const { busy, problem, done, run } = useDoing()
  const save = (event: Event) => {
    event.preventDefault()
    void run(async () => {
      await post<Consent>(`/api/appointments/${view.row.appointment.id}/consent`, {
        decision,
        means,
        information: informationVersion,
        ...(representative.trim() ? { representative: representative.trim() } : {}),
      })
      await again()
    }, consent.done)
  }
  return (
    <section class="panelcard" aria-labelledby="consent">
      <h2 id="consent">{consent.title}</h2>
      <p class="soft">{consent.text}</p>
      <ul class="lines-list">
        {view.consents.map((one) => (
          <li key={one.id}>
            <strong>{consent[one.decision]}</strong> {moment(one.at, view.row.appointment.zone)}
            {one.representative && <span> · {one.representative}</span>}
            {!one.authenticated && one.informedBy && (
              <span class="chip chip--warn">
                {one.informedBy} : {consent.declared}
              </span>
            )}
          </li>
        ))}
      </ul>
      <form class="form" onSubmit={save}>
        <RadioField
          label={consent.decision}
          value={decision}
          onValue={(value) => setDecision(value as Decision)}
          options={(['given', 'refused', 'withdrawn'] as const).map(
            (one) => [one, consent[one]] as const,
          )}
        />
        <RadioField
          label={consent.means}
          value={means}
          onValue={setMeans}
          options={[
            ['oral', consent.oral],
            ['written', consent.written],
          ]}
        />
        <TextField
          label={consent.representative}
          optional
          value={representative}
          onValue={setRepresentative}
          autocomplete="off"
        />
        <button class="button" aria-disabled={busy}>
          {consent.save}
        </button>
      </form>
      <p role="status">{done}</p>
      <ProblemNote problem={problem} />
    </section>
  )
}
