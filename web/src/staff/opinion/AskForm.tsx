import { useState } from 'preact/hooks'
import {
  maxPictures,
  maxSounds,
  type OpinionLine,
  type OpinionService,
  type Patient,
  type PatientLine,
  type Urgency,
} from '../api'
import { PatientChoice } from '../booking/PatientChoice'
import { useDoing } from '../parts/doing'
import { AreaField, RadioField, SelectField } from '../parts/Field'
import { Frame } from '../parts/Frame'
import { ProblemNote } from '../parts/Problem'
import { useReading } from '../parts/reading'
import { newKey, post, query } from '../request'
import { go, to } from '../route'
import { establishmentsFor } from '../session'
import { words } from '../words'
import { Picker } from './pictures/Picker'
import { isSound } from './pictures/prepare'
import { attach } from './pictures/sending'
import { SoundPicker } from './pictures/SoundPicker'

/** A question to the experts of a service, about a patient. */
export function AskForm() {
  const { opinion: sentences, common, admin } = words.value
  const houses = establishmentsFor('opinion.ask')
  const [key] = useState(newKey)
  const [establishment, setEstablishment] = useState(houses[0]?.id ?? '')
  const [patient, setPatient] = useState<PatientLine | Patient>()
  const [service, setService] = useState('')
  const [urgency, setUrgency] = useState<Urgency>('routine')
  const [question, setQuestion] = useState('')
  const [files, setFiles] = useState<readonly Blob[]>([])
  // photos may come while a sound is being recorded
  const add = (more: readonly Blob[]) => setFiles((now) => [...now, ...more])
  const clips = files.filter(isSound).length
  const [wrong, setWrong] = useState(false)
  const { data: services, problem } = useReading<OpinionService[]>(
    `/api/opinions/services${query({ establishment })}`,
  )
  const doing = useDoing()
  const ask = async (event: Event) => {
    event.preventDefault()
    if (!patient) return setWrong(true)
    const answer = await doing.run(() =>
      post<OpinionLine>('/api/opinions', {
        key,
        establishment,
        patient: patient.id,
        service,
        urgency,
        question: question.trim(),
      }),
    )
    if (!answer) return
    const { id } = answer.data.opinion
    attach(id, files, [])
    go('opinions', id)
  }
  return (
    <Frame title={sentences.ask} help="opinions">
      <form class="form" onSubmit={(event) => void ask(event)}>
        {houses.length > 1 && (
          <SelectField
            label={admin.establishment}
            value={establishment}
            onValue={(id) => {
              setEstablishment(id)
              setPatient(undefined)
            }}
            options={houses.map(({ id, name }) => [id, name] as const)}
          />
        )}
        <PatientChoice
          establishment={establishment}
          patient={patient}
          wrong={wrong && !patient}
          onPatient={setPatient}
          onRecord={setPatient}
        />
        <SelectField
          label={sentences.service}
          required
          value={service}
          onValue={setService}
          options={[
            ['', sentences.choose],
            ...(services ?? []).map(({ id, name, house }) => [id, `${name}, ${house}`] as const),
          ]}
        />
        <RadioField
          label={sentences.wanted}
          value={urgency}
          onValue={(value) => setUrgency(value as Urgency)}
          options={(['routine', 'soon', 'urgent'] as const).map(
            (one) => [one, sentences.urgencies[one]] as const,
          )}
        />
        <AreaField
          label={sentences.question}
          help={sentences.questionHelp}
          rows={6}
          required
          value={question}
          onValue={setQuestion}
        />
        <Picker free={maxPictures - (files.length - clips)} onFiles={add} />
        <SoundPicker free={maxSounds - clips} onClip={(clip) => add([clip])} />
        {files.length > 0 && (
          <p>
            <span role="status">
              {files.length > clips && sentences.pictures.chosen(files.length - clips)}{' '}
              {clips > 0 && sentences.sounds.chosen(clips)}
            </span>{' '}
            <button type="button" class="button" onClick={() => setFiles([])}>
              {common.actions.remove}
            </button>
          </p>
        )}
        <ProblemNote problem={problem ?? doing.problem} />
        <div class="actions actions--row">
          <button class="button button--primary" aria-disabled={doing.busy}>
            {sentences.send}
          </button>
          <a class="button" href={to('opinions')}>
            {common.actions.cancel}
          </a>
        </div>
      </form>
    </Frame>
  )
}
