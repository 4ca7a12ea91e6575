/** An appointment as it is being typed: what is still missing, and what the server is sent. */
import type {
  AppointmentKind,
  AppointmentView,
  Channel,
  DirectoryEntry,
  NewAppointment,
  NewParticipant,
  ParticipantKind,
  Participant,
  Patient,
  PatientLine,
} from '../api'
import { ruleOf, type Repetition } from '../rule'

export type Guest = {
  kind: Extract<ParticipantKind, 'relative' | 'interpreter' | 'external' | 'called'>
  name: string
  email: string
  phone: string
  channel: Channel
}

export type Draft = {
  key: string
  kind: AppointmentKind
  establishment: string
  service: string
  title: string
  patient?: PatientLine | Patient
  team: Pick<DirectoryEntry, 'id' | 'name'>[]
  where: 'own' | 'place'
  place: string
  channel: Channel
  email: string
  phone: string
  date: string
  time: string
  later: boolean
  minutes: number
  repeat: Repetition['every'] | 'never'
  count: number
  guests: Guest[]
}

/** The draft for a patient, or for nobody yet: no link goes where the one before is reached. */
export function withPatient(draft: Draft, patient?: PatientLine | Patient): Draft {
  const chosen = { ...draft, patient, ...(patient ? {} : { email: '', phone: '' }) }
  return patient && 'phone' in patient ? withRecord(chosen, patient) : chosen
}

/**
 * The draft with what the patient's record says of how they are reached. It may come while somebody
 * types, which stays, or after another patient was chosen, whom it does not concern.
 */
export function withRecord(draft: Draft, record: Patient): Draft {
  if (draft.patient?.id !== record.id) return draft
  const { phone, email } = record
  return { ...draft, patient: record, phone: draft.phone || phone, email: draft.email || email }
}

/** What keeps a draft from being sent. */
export type Missing = 'patient' | 'when' | 'place' | 'email' | 'phone' | 'guest' | 'service'

export function missingIn(draft: Draft): Missing[] {
  const missing: Missing[] = []
  if (!draft.service) missing.push('service')
  if (!draft.date || !draft.time) missing.push('when')
  if (draft.kind === 'consultation') {
    if (!draft.patient) missing.push('patient')
    if (draft.where === 'place' && !draft.place) missing.push('place')
    if (draft.where === 'own') missing.push(...unreachable(draft))
  }
  for (const guest of draft.guests)
    if (!guest.name.trim() || unreachable(guest).length > 0) missing.push('guest')
  return [...new Set(missing)]
}

type Contact = { channel: Channel; email: string; phone: string }

export function unreachable(to: Contact): ('email' | 'phone')[] {
  if (to.channel === 'mail' && !to.email.trim()) return ['email']
  if (to.channel === 'sms' && !to.phone.trim()) return ['phone']
  return []
}

/** Whether there is enough to ask whether everybody is free. */
export function checkable(draft: Draft): boolean {
  const { date, time, service, kind, patient } = draft
  return !!(date && time && service && (kind === 'telestaff' || patient))
}

export function requestOf(draft: Draft, anyway = false): NewAppointment {
  const consultation = draft.kind === 'consultation'
  const localStart = `${draft.date}T${draft.time}`
  const participants: NewParticipant[] = draft.team.map(({ id }) => ({
    kind: 'person',
    person: id,
    channel: 'none',
  }))
  if (consultation && draft.where === 'own')
    participants.push({ kind: 'patient', ...contact(draft) })
  if (consultation && draft.where === 'place') participants.push({ kind: 'place', channel: 'none' })
  for (const guest of draft.guests)
    participants.push({ kind: guest.kind, name: guest.name.trim(), ...contact(guest) })
  return {
    key: draft.key,
    establishment: draft.establishment,
    service: draft.service,
    kind: draft.kind,
    ...(consultation ? { patient: draft.patient!.id } : { title: draft.title.trim() }),
    ...(consultation && draft.where === 'place' ? { place: draft.place } : {}),
    localStart,
    ...(draft.later ? { later: true } : {}),
    minutes: draft.minutes,
    participants,
    ...(draft.repeat === 'never'
      ? {}
      : { rule: ruleOf({ every: draft.repeat, count: draft.count }, localStart) }),
    ...(anyway ? { anyway: true } : {}),
  }
}

/** An appointment that there is, to be changed: who is expected, and where the patient is. */
export function draftOf(view: AppointmentView, names: ReadonlyMap<string, string>): Draft {
  const { appointment } = view.row
  const [date = '', time = ''] = appointment.localStart.split('T')
  const patient = view.participants.find(({ kind }) => kind === 'patient')
  return {
    key: appointment.id,
    kind: appointment.kind,
    establishment: appointment.establishment,
    service: appointment.service,
    title: appointment.title,
    ...(view.patient ? { patient: view.patient } : {}),
    team: view.participants
      .filter(({ kind }) => kind === 'person')
      .map(({ id, person }) => ({ id: person, name: names.get(id) ?? '' })),
    where: appointment.place ? 'place' : 'own',
    place: appointment.place,
    channel: patient?.channel ?? 'mail',
    email: patient?.email || view.patient?.email || '',
    phone: patient?.phone || view.patient?.phone || '',
    date,
    time: time.slice(0, 5),
    later: false,
    minutes: Math.round((appointment.endsAt - appointment.startsAt) / 60_000),
    repeat: 'never',
    count: 1,
    guests: view.participants
      .filter((one): one is Participant & Guest => isGuest(one.kind))
      .map(({ kind, name, email, phone, channel }) => ({ kind, name, email, phone, channel })),
  }
}

const isGuest = (kind: ParticipantKind): kind is Guest['kind'] =>
  kind === 'relative' || kind === 'interpreter' || kind === 'external' || kind === 'called'

/** What of an appointment is to be different. What the page does not show stays as it is. */
export function changeOf(draft: Draft, view: AppointmentView) {
  const before = view.participants
  const participants = requestOf(draft).participants.map((one): NewParticipant => {
    const was = before.find(
      ({ kind, person, name }) =>
        kind === one.kind && person === (one.person ?? '') && name === (one.name ?? ''),
    )
    if (!was) return one
    const { channel, callRole, language } = was
    return { ...one, callRole, language, ...(one.kind === 'person' ? { channel } : {}) }
  })
  // A patient who had a link keeps it at a place, too: they are told of the place, not that it is
  // cancelled.
  const patient = before.find(({ kind }) => kind === 'patient')
  if (patient && draft.where === 'place') {
    const { kind, channel, email, phone, language } = patient
    participants.push({ kind, channel, email, phone, language })
  }
  return { place: draft.where === 'place' ? draft.place : '', participants }
}

/**
 * What the server is asked before the saving: who is free then, and whether that time exists.
 * Contacts do not matter for it, and change with every letter; that the patient comes does.
 */
export function checkOf(draft: Draft): Omit<NewAppointment, 'key'> {
  const { key: _, ...request } = requestOf(draft)
  const participants = request.participants
    .filter(({ kind }) => kind === 'person' || kind === 'patient' || kind === 'place')
    .map(({ kind, person }): NewParticipant => {
      if (kind === 'patient') return { kind, channel: 'print' }
      return { kind, channel: 'none', ...(person ? { person } : {}) }
    })
  return { ...request, participants }
}

/** Only what the channel needs goes out, and to the log of nobody else. */
function contact({ channel, email, phone }: Contact) {
  return {
    channel,
    ...(email.trim() ? { email: email.trim() } : {}),
    ...(phone.trim() ? { phone: phone.trim() } : {}),
  }
}

/** The next quarter of an hour that is at least that far away, on a wall clock. */
export function nextQuarter(localNow: string): string {
  const [hours, minutes] = localNow.split(':').map(Number) as [number, number]
  const next = Math.min(Math.ceil((hours * 60 + minutes + 1) / 15) * 15, 23 * 60 + 45)
  const two = (value: number) => String(value).padStart(2, '0')
  return `${two(Math.floor(next / 60))}:${two(next % 60)}`
}
