import { useState } from 'preact/hooks'
import { Dialog } from '../../pages/parts/Dialog'
import type { Patient, Sex } from '../api'
import { useDoing } from '../parts/doing'
import { RadioField, TextField } from '../parts/Field'
import { ProblemNote } from '../parts/Problem'
import { useReading } from '../parts/reading'
import { put, query } from '../request'
import { words } from '../words'

type Props = { patient: string; establishment: string; onClose: () => void; onSaved: () => void }

/** Corrects what somebody has typed of a patient; of a record of the hospital the contact alone. */
export function PatientDialog({ patient, establishment, onClose, onSaved }: Props) {
  const { booking, common } = words.value
  const path = `/api/patients/${encodeURIComponent(patient)}`
  const { data, problem } = useReading<Patient>(`${path}${query({ establishment })}`)
  return (
    <Dialog title={booking.who.correct} onClose={onClose}>
      <ProblemNote problem={problem} />
      {!data && !problem && <p role="status">{common.loading}</p>}
      {data && <Traits path={path} before={data} onClose={onClose} onSaved={onSaved} />}
    </Dialog>
  )
}

type TraitsProps = Pick<Props, 'onClose' | 'onSaved'> & { path: string; before: Patient }

function Traits({ path, before, onClose, onSaved }: TraitsProps) {
  const { booking, common } = words.value
  const { who, where } = booking
  const [patient, setPatient] = useState(before)
  const { busy, problem, run } = useDoing()
  const typed = before.source === 'typed'
  const save = async (event: Event) => {
    event.preventDefault()
    if (await run(() => put<Patient>(path, patient, before.version))) onSaved()
  }
  const text = (name: 'birthName' | 'birthGivenName' | 'usedName' | 'ipp', optional = false) => (
    <TextField
      label={who[name]}
      value={patient[name]}
      onValue={(value) => setPatient({ ...patient, [name]: value })}
      optional={optional}
      required={!optional}
      autocomplete="off"
      spellcheck={false}
    />
  )
  return (
    <form class="form" onSubmit={(event) => void save(event)}>
      {typed ? (
        <>
          <div class="pair">
            {text('birthName')}
            {text('birthGivenName')}
            <TextField
              label={who.birthDate}
              type="date"
              value={patient.birthDate}
              onValue={(birthDate) => setPatient({ ...patient, birthDate })}
              required
            />
            {text('ipp', true)}
            {text('usedName', true)}
          </div>
          <RadioField
            label={who.sex}
            value={patient.sex}
            onValue={(sex) => setPatient({ ...patient, sex: sex as Sex })}
            options={(['F', 'M', 'U'] as const).map((one) => [one, who.sexes[one]] as const)}
          />
        </>
      ) : (
        <p>{words.value.problems['hospital-record']}</p>
      )}
      <div class="pair">
        <TextField
          label={where.email}
          type="email"
          value={patient.email}
          onValue={(email) => setPatient({ ...patient, email })}
          optional
          autocomplete="off"
        />
        <TextField
          label={where.phone}
          type="tel"
          value={patient.phone}
          onValue={(phone) => setPatient({ ...patient, phone })}
          optional
          autocomplete="off"
        />
      </div>
      <p class="soft">{who.contactLater}</p>
      <ProblemNote problem={problem} />
      <div class="actions actions--row">
        <button class="button button--primary" aria-disabled={busy}>
          {common.actions.save}
        </button>
        <button type="button" class="button" onClick={onClose}>
          {common.actions.cancel}
        </button>
      </div>
    </form>
  )
}
