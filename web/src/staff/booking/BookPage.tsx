import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import type { AppointmentView, Conflict, MeetingPlace } from '../api'
import { clock, dateIn } from '../dates'
import { seen, skew } from '../desk/live'
import { useDoing } from '../parts/doing'
import { RadioField, SelectField, TextField } from '../parts/Field'
import { Frame } from '../parts/Frame'
import { ProblemNote } from '../parts/Problem'
import { useReading } from '../parts/reading'
import { newKey, post, problemOf, query, type Problem } from '../request'
import { go } from '../route'
import { establishmentsFor, me, servicesFor, usualChannel } from '../session'
import { words } from '../words'
import { Conflicts } from './Conflicts'
import {
  checkable,
  checkOf,
  missingIn,
  nextQuarter,
  requestOf,
  withPatient,
  withRecord,
  type Draft,
} from './draft'
import { Guests } from './Guests'
import { PatientChoice } from './PatientChoice'
import { TeamChoice } from './TeamChoice'
import { isOfTime, WhenFields } from './WhenFields'
import { WhereFields } from './WhereFields'

/** How long nothing is typed before the server is asked whether everybody is free. */
const settles = 400 // ms

/** An appointment in twenty seconds: who, with whom, where, when. */
export function BookPage() {
  const { booking } = words.value
  const establishments = establishmentsFor('appointment.write').filter(({ closed }) => !closed)
  const [draft, setDraft] = useState<Draft>(() => emptyDraft())
  const set = (part: Partial<Draft>) => setDraft((before) => ({ ...before, ...part }))
  const services = servicesFor('appointment.write', draft.establishment)
  const places = useReading<{ items: MeetingPlace[] }>(
    draft.establishment && `/api/places${query({ establishment: draft.establishment })}`,
  )
  const zone = establishments.find(({ id }) => id === draft.establishment)?.zone ?? ''
  const { conflicts, problem: timeProblem, free } = useCheck(draft)
  const [told, setTold] = useState(0) // how often it was to be saved
  useEffect(() => void (told && showWhatIsWrong()), [told])
  const { busy, problem, run } = useDoing()
  const missing = missingIn(draft)
  // The saving may find out what the asking before it did not.
  const timing = [timeProblem, problem].find((one) => one && isOfTime(one))
  const clash = problem?.code === 'conflict' ? (problem.conflicts ?? conflicts) : conflicts

  const save = async (anyway: boolean) => {
    setTold(told + 1)
    if (missing.length > 0) return
    const answer = await run(() =>
      post<AppointmentView>('/api/appointments', requestOf(draft, anyway)),
    )
    if (!answer) return
    seen(answer.data.row)
    go('appointment', answer.data.row.appointment.id, 'made')
  }

  if (establishments.length === 0 || services.length === 0)
    return (
      <Frame title={booking.title} help="book">
        <p>{booking.noService}</p>
      </Frame>
    )
  return (
    <Frame title={booking.title} help="book">
      <form
        class="form book"
        noValidate
        onKeyDown={keepLooking}
        onSubmit={(event) => {
          event.preventDefault()
          void save(false)
        }}
      >
        <div class="toolbar">
          <RadioField
            label={booking.kind}
            value={draft.kind}
            onValue={(kind) => set({ kind: kind as Draft['kind'] })}
            options={[
              ['consultation', booking.consultation],
              ['telestaff', booking.telestaff],
            ]}
          />
          {establishments.length > 1 && (
            <SelectField
              label={booking.establishment}
              value={draft.establishment}
              onValue={(id) =>
                set({
                  establishment: id,
                  service: servicesFor('appointment.write', id)[0]?.id ?? '',
                  patient: undefined,
                  place: '',
                })
              }
              options={establishments.map(({ id, name }) => [id, name] as const)}
            />
          )}
          {services.length > 1 && (
            <SelectField
              label={booking.service}
              value={draft.service}
              onValue={(service) => set({ service })}
              options={services.map(({ id, name }) => [id, name] as const)}
            />
          )}
        </div>
        {draft.kind === 'consultation' ? (
          <PatientChoice
            establishment={draft.establishment}
            patient={draft.patient}
            wrong={!!told && missing.includes('patient')}
            onPatient={(patient) => setDraft((before) => withPatient(before, patient))}
            onRecord={(record) => setDraft((before) => withRecord(before, record))}
          />
        ) : (
          <TextField
            label={booking.titleField}
            help={booking.titleHelp}
            value={draft.title}
            onValue={(title) => set({ title })}
            maxLength={120}
          />
        )}
        <WhenFields draft={draft} set={set} zone={zone} problem={timing} told={!!told} />
        <TeamChoice draft={draft} set={set} />
        {draft.kind === 'consultation' && (
          <WhereFields draft={draft} set={set} places={places.data?.items ?? []} told={!!told} />
        )}
        <Guests draft={draft} set={set} told={!!told} />
        <Conflicts conflicts={clash} zone={zone} />
        {free && clash.length === 0 && <p role="status">{booking.free}</p>}
        {problem?.code !== 'conflict' && problem !== timing && <ProblemNote problem={problem} />}
        <div class="actions actions--row">
          {clash.length > 0 ? (
            <button
              type="button"
              class="button button--warn button--large"
              aria-disabled={busy}
              onClick={() => void save(true)}
            >
              {booking.conflicts.anyway}
            </button>
          ) : (
            <button class="button button--primary button--large" aria-disabled={busy}>
              {busy ? words.value.common.saving : booking.save}
            </button>
          )}
        </div>
      </form>
    </Frame>
  )
}

/** Brings into sight what keeps the draft from being saved: on a long page it may be above. */
function showWhatIsWrong(): void {
  const note = document.querySelector<HTMLElement>('.book .field-help--wrong')
  note?.scrollIntoView({ block: 'center' })
  note?.closest('.field')?.querySelector<HTMLElement>('input, select')?.focus()
}

/** Enter in a field that searches looks for somebody; it must not save what is not finished. */
function keepLooking(event: KeyboardEvent): void {
  const { target } = event
  if (event.key !== 'Enter' || !(target instanceof HTMLInputElement)) return
  if (target.type === 'search' || target.closest('.subform')) event.preventDefault()
}

function emptyDraft(): Draft {
  const establishment =
    establishmentsFor('appointment.write').find(({ closed }) => !closed) ?? undefined
  const zone = establishment?.zone ?? ''
  const service = establishment ? servicesFor('appointment.write', establishment.id)[0] : undefined
  const who = me.peek()
  const clinician = who?.grants.some(
    (grant) => grant.role === 'clinician' && grant.establishment === establishment?.id,
  )
  const { givenName = '', familyName = '', title = '' } = who?.person ?? {}
  const now = Date.now() + skew.peek() // by the clock of the server, which judges it
  return {
    key: newKey(),
    kind: 'consultation',
    establishment: establishment?.id ?? '',
    service: service?.id ?? '',
    title: '',
    team: clinician
      ? [{ id: who!.person.id, name: [title, givenName, familyName].filter((s) => s).join(' ') }]
      : [],
    where: 'own',
    place: '',
    channel: usualChannel(),
    email: '',
    phone: '',
    date: dateIn(now, zone),
    time: nextQuarter(clock(now, zone)),
    later: false,
    minutes: 30,
    repeat: 'never',
    count: 10,
    guests: [],
  }
}

/** Asks whether everybody is free, as soon as the typing settles. */
function useCheck(draft: Draft) {
  const [conflicts, setConflicts] = useState<Conflict[]>([])
  const [problem, setProblem] = useState<Problem>()
  const [free, setFree] = useState(false)
  const latest = useRef(0)
  const asked = useMemo(() => {
    if (!checkable(draft)) return ''
    return JSON.stringify(checkOf(draft))
  }, [draft])
  useEffect(() => {
    const number = ++latest.current
    setFree(false)
    if (!asked) return setConflicts([])
    const timer = setTimeout(async () => {
      try {
        const request = { ...JSON.parse(asked), key: draft.key }
        const found = (await post<Conflict[] | null>('/api/appointments/check', request)) ?? []
        if (number !== latest.current) return
        setConflicts(found)
        setFree(found.length === 0)
        setProblem(undefined)
      } catch (error) {
        if (number !== latest.current) return
        const found = problemOf(error)
        setProblem(found.code === 'unreached' ? undefined : found)
        setConflicts([])
      }
    }, settles)
    return () => clearTimeout(timer)
  }, [asked])
  return { conflicts, problem, free }
}
