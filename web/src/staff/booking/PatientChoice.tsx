import { useEffect, useRef, useState } from 'preact/hooks'
import { Icon } from '../../pages/parts/icons'
import type { Patient, PatientLine, Sex } from '../api'
import { shortDate } from '../dates'
import { patientName } from '../desk/state'
import { searchOf } from '../finding'
import { useDoing } from '../parts/doing'
import { Field, RadioField, TextField } from '../parts/Field'
import { ProblemNote } from '../parts/Problem'
import { get, post, problemOf, query, type Problem } from '../request'
import { may, me } from '../session'
import { words } from '../words'

const settles = 300 // ms without a key before the server is asked

type PatientProps = {
  establishment: string
  patient?: PatientLine | Patient
  wrong: boolean // nobody is chosen, and the appointment was to be saved
  onPatient: (patient?: PatientLine | Patient) => void
  onRecord: (record: Patient) => void // of the one who was chosen, a moment later
}

/** Found by the hospital's number, or by name and birth date; or written down anew. */
export function PatientChoice(props: PatientProps) {
  const { establishment, patient, wrong, onPatient, onRecord } = props
  const { who } = words.value.booking
  const [typed, setTyped] = useState('')
  const [creating, setCreating] = useState(false)
  const { found, problem, enough, dated } = useSearch(establishment, typed)

  // The list has no contact: it is read of the one who was chosen.
  const choose = async (line: PatientLine) => {
    onPatient(line)
    try {
      onRecord(await get<Patient>(`/api/patients/${line.id}${query({ establishment })}`))
    } catch {
      // What the list says is enough for an appointment.
    }
  }
  return (
    <fieldset class="group">
      <legend>{who.legend}</legend>
      {patient ? (
        <div class="chosen">
          <PatientTraits patient={patient} />
          <button type="button" class="button" onClick={() => onPatient(undefined)}>
            {who.change}
          </button>
        </div>
      ) : creating ? (
        <>
          <NewPatientForm
            establishment={establishment}
            typed={typed}
            onPatient={(made) => {
              setCreating(false)
              onPatient(made)
            }}
            onExisting={(id) => {
              setCreating(false)
              void get<Patient>(`/api/patients/${id}${query({ establishment })}`).then(onPatient)
            }}
            onCancel={() => setCreating(false)}
          />
          {wrong && (
            <p class="field-help--wrong" role="alert">
              {who.keepFirst}
            </p>
          )}
        </>
      ) : (
        <>
          <TextField
            label={who.search}
            help={typed && !enough ? who.more : who.searchHelp}
            wrong={wrong ? who.missing : undefined}
            value={typed}
            onValue={setTyped}
            type="search"
            autocomplete="off"
            spellcheck={false}
          />
          <ProblemNote problem={problem} />
          {found && (
            <ul class="found">
              {found.map((line) => (
                <li key={line.id}>
                  <button type="button" class="item" onClick={() => void choose(line)}>
                    <Icon name="people" />
                    <PatientTraits patient={line} />
                  </button>
                </li>
              ))}
            </ul>
          )}
          {found?.length === 0 && <p role="status">{dated ? who.nobody : who.exact}</p>}
          {may(me.value, 'patient.write', establishment) && (
            <button type="button" class="button" onClick={() => setCreating(true)}>
              {who.create}
            </button>
          )}
        </>
      )}
    </fieldset>
  )
}

/** The traits by which one knows that it is the right one. */
export function PatientTraits({ patient }: { patient: PatientLine | Patient }) {
  const { who } = words.value.booking
  const qualified = 'qualified' in patient ? patient.qualified : patient.ins !== ''
  return (
    <span class="traits">
      <strong>{patientName(patient as PatientLine)}</strong>
      <span class="soft">
        {who.born[patient.sex]} {shortDate(patient.birthDate)}
        {patient.ipp && `, ${who.number(patient.ipp)}`}
        {qualified && `, ${who.qualified}`}
      </span>
    </span>
  )
}

function useSearch(establishment: string, typed: string) {
  const [found, setFound] = useState<PatientLine[]>()
  const [problem, setProblem] = useState<Problem>()
  const latest = useRef(0)
  const search = searchOf(typed)
  const path = search && establishment && `/api/patients${query({ establishment, ...search })}`
  useEffect(() => {
    const number = ++latest.current
    setFound(undefined)
    setProblem(undefined)
    if (!path) return
    const timer = setTimeout(async () => {
      try {
        const { items } = await get<{ items: PatientLine[] }>(path)
        if (number === latest.current) setFound(items)
      } catch (error) {
        if (number === latest.current) setProblem(problemOf(error))
      }
    }, settles)
    return () => clearTimeout(timer)
  }, [path])
  // A name alone is found only if it is whole.
  const dated = !search || 'ipp' in search || !!search.birthDate
  return { found, problem, enough: !!search, dated }
}

type NewProps = {
  establishment: string
  typed: string
  onPatient: (patient: Patient) => void
  onExisting: (id: string) => void
  onCancel: () => void
}

function NewPatientForm({ establishment, typed, onPatient, onExisting, onCancel }: NewProps) {
  const { who } = words.value.booking
  const { common } = words.value
  const start = searchOf(typed)
  const [ipp, setIpp] = useState(start && 'ipp' in start ? start.ipp : '')
  const [birthName, setBirthName] = useState(
    start && 'name' in start ? start.name.toUpperCase() : '',
  )
  const [birthGivenName, setBirthGivenName] = useState('')
  const [usedName, setUsedName] = useState('')
  const [birthDate, setBirthDate] = useState(
    start && 'name' in start ? (start.birthDate ?? '') : '',
  )
  const [sex, setSex] = useState<Sex | ''>('')
  const [told, setTold] = useState(false)
  const { busy, problem, run } = useDoing()
  const need = (value: string) => (told && !value.trim() ? common.required : undefined)

  const save = async (anyway: boolean) => {
    setTold(true)
    if (!birthName.trim() || !birthGivenName.trim() || !birthDate || !sex) return
    const made = await run(() =>
      post<Patient>('/api/patients', {
        establishment,
        birthName: birthName.trim(),
        birthGivenName: birthGivenName.trim(),
        sex,
        birthDate,
        ...(ipp.trim() ? { ipp: ipp.trim() } : {}),
        ...(usedName.trim() ? { usedName: usedName.trim() } : {}),
        ...(anyway ? { anyway: true } : {}),
      }),
    )
    if (made) onPatient(made.data)
  }
  const twin = problem?.code === 'duplicate' ? problem : undefined
  return (
    <div class="subform">
      <div class="pair">
        <TextField
          label={who.birthName}
          value={birthName}
          onValue={setBirthName}
          wrong={need(birthName)}
          autocomplete="off"
          spellcheck={false}
        />
        <TextField
          label={who.birthGivenName}
          value={birthGivenName}
          onValue={setBirthGivenName}
          wrong={need(birthGivenName)}
          autocomplete="off"
          spellcheck={false}
        />
        <Field label={who.birthDate} wrong={need(birthDate)}>
          {(attributes) => (
            <input
              class="input"
              type="date"
              {...attributes}
              value={birthDate}
              onInput={(event) => setBirthDate(event.currentTarget.value)}
            />
          )}
        </Field>
        <TextField
          label={who.ipp}
          optional
          value={ipp}
          onValue={setIpp}
          autocomplete="off"
          spellcheck={false}
        />
        <TextField
          label={who.usedName}
          optional
          value={usedName}
          onValue={setUsedName}
          autocomplete="off"
          spellcheck={false}
        />
      </div>
      <RadioField
        label={who.sex}
        value={sex}
        onValue={(value) => setSex(value as Sex)}
        options={(['F', 'M', 'U'] as const).map((one) => [one, who.sexes[one]] as const)}
      />
      {told && !sex && <p class="field-help--wrong">{common.required}</p>}
      {twin ? (
        <div class="trouble" role="alert">
          <p class="trouble-words">{who.existing}</p>
          {twin.id && (
            <button type="button" class="button" onClick={() => onExisting(twin.id!)}>
              {who.useExisting}
            </button>
          )}
          <button type="button" class="button" onClick={() => void save(true)}>
            {who.anyway}
          </button>
        </div>
      ) : (
        <ProblemNote problem={problem} />
      )}
      <div class="actions actions--row">
        <button
          type="button"
          class="button button--primary"
          aria-disabled={busy}
          onClick={() => void save(false)}
        >
          {who.keep}
        </button>
        <button type="button" class="button" onClick={onCancel}>
          {common.actions.cancel}
        </button>
      </div>
    </div>
  )
}
