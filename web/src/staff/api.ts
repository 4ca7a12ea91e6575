// Generated from signaling/practice by "go generate ./signaling/...". Do not edit.
/** of one question */
export const maxPictures = 10
/** of one question */
export const maxSounds = 3
/** of one clip */
export const soundSeconds = 60
/** Hz, of its one channel */
export const soundRate = 16000
/** pixels of the sides of a tile: those of a photo in a call */
export const pictureTile = 384
/** on one picture; these three are those of a photo in a call */
export const maxMarks = 40
/** of one mark */
export const maxMarkPoints = 64
/** that a scale stands for, in hundredths of a millimetre: 10 m */
export const maxMarkLength = 1000000

/** Instant is a point in time, in milliseconds since 1970 UTC. 0 means never or not yet. */
export type Instant = number

/** Change says that something in the store is not what it was. Whoever is told reads it again. */
export interface Change {
  topic: Topic
  /** whose; empty: of the group */
  establishment: string
  id: string
}

/** Topic is what a change is about, and so which table its id is of. */
export type Topic =
  | 'appointment' // or its participants, links, consents
  | 'delay'
  | 'outbox'
  | 'device' // enrolled or revoked
  | 'session' // ended; the id is the session's
  | 'grants' // of the person with this id
  | 'directory'
  | 'settings'
  | 'opinion'
  | 'thread' // a message was written, read or deleted; or members
  | 'received' // a message of the hospital's was refused, or replayed

/** Role is what a person is in an establishment. */
export type Role =
  | 'secretary' // makes appointments
  | 'nurse' // is beside the patient
  | 'clinician' // conducts consultations and telestaffs
  | 'expert'
  | 'establishment-admin'
  | 'group-admin'
  | 'auditor' // reads the audit log

/** Action is something that a right allows. */
export type Action =
  | 'day.view' // see the day of a service
  | 'appointment.view' // see one appointment
  | 'appointment.write' // make, move, cancel, say the outcome
  | 'appointment.attend'
  | 'call.host' // begin, admit, end
  | 'call.join' // take part
  | 'link.send' // send, renew, revoke and print links
  | 'delay.write' // tell those who wait that it takes longer
  | 'patient.find' // look for a patient
  | 'patient.write' // write down or correct a patient
  | 'consent.write' // record an identity check and a consent
  | 'directory.view'
  | 'people.manage'
  | 'places.manage' // services, places and tablets
  | 'settings.manage' // settings of an establishment, and trying them
  | 'outbox.view'
  | 'outbox.resend' // send again what failed
  | 'interop.manage'
  | 'report.view' // read the report of an appointment
  | 'report.write' // write, sign, correct and withdraw it
  | 'opinion.ask' // ask experts about a patient
  | 'opinion.answer'
  | 'audit.view' // read and verify the audit log
  | 'thread.manage'
  | 'thread.broadcast' // write to all of a sector
  | 'figures.view'
  | 'group.manage'

/** Grant is one right of one person. */
export interface Grant {
  id: string
  person: string
  role: Role
  /** empty: every one; only for group-admin and auditor */
  establishment: string
  /** empty: every service of the establishment */
  service: string
  /** 0: until it is taken back */
  endsAt: Instant
  /** a person */
  grantedBy: string
  grantedAt: Instant
}

/** Establishment is a hospital or a nursing home: the border that patients' data do not cross. */
export interface Establishment {
  id: string
  name: string
  /** IANA time zone, as in Europe/Paris */
  zone: string
  /** 9 characters, or empty */
  finess: string
  /** takes no new appointment */
  closed: boolean
  /** invented for a demonstration */
  demo: boolean
  version: number
}

/** Service is a part of an establishment that gives appointments. Its clinicians share its queue. */
export interface Service {
  id: string
  establishment: string
  name: string
  /** of the hospital's system, or empty */
  code: string
  closed: boolean
  version: number
}

/**
 * Place is where a patient is during a call, with a tablet (FHIR: Location). It may belong to
 * another establishment than the appointment: see Appointment.HostEstablishment.
 */
export interface Place {
  id: string
  establishment: string
  name: string
  code: string
  /** of whoever helps there */
  phone: string
  closed: boolean
  version: number
}

/** Device is a tablet that was enrolled for a place. */
export interface Device {
  id: string
  establishment: string
  place: string
  name: string
  /** a person */
  enrolledBy: string
  /** 0: its code has not been used yet */
  enrolledAt: Instant
  seenAt: Instant
  revokedAt: Instant
}

/** Person works with the practice. People belong to no establishment: their grants do. */
export interface Person {
  id: string
  familyName: string
  givenName: string
  /** as in Dr */
  title: string
  profession: string
  email: string
  phone: string
  /** 11 digits, or empty */
  rpps: string
  /** fr or en */
  language: string
  /** whose administrator looks after this person; empty: the group's */
  establishment: string
  /** 0: may sign in */
  disabledAt: Instant
  demo: boolean
  version: number
}

/** Identity is what a provider calls somebody. Without a person it opens nothing. */
export interface Identity {
  id: string
  /** id in the configuration */
  provider: string
  subject: string
  /** empty: nobody has said who this is */
  person: string
  /** what the provider says about them, for whoever has to say who it is */
  label: string
  seenAt: Instant
}

/** Session is one browser that is signed in. */
export interface Session {
  id: string
  person: string
  method: Method
  /** with method oidc */
  provider: string
  /** as in "Firefox, Windows" */
  browser: string
  createdAt: Instant
  seenAt: Instant
  expiresAt: Instant
  /** the one that asks */
  current: boolean
}

/** Method is how somebody signed in. */
export type Method =
  | 'oidc'
  | 'password' // with a one-time code
  | 'passkey'
  | 'break-glass' // a local account used while the provider is away

/** Patient is as little of a patient as an appointment needs. */
export interface Patient {
  id: string
  establishment: string
  /** the hospital's number, or empty */
  ipp: string
  /** only as received with reliability VALI; never typed */
  ins: string
  /** OID, as in 1.2.250.1.213.1.4.8 */
  insAuthority: string
  birthName: string
  usedName: string
  /** the first */
  birthGivenName: string
  /** all, with spaces */
  birthGivenNames: string
  sex: Sex
  /** YYYY-MM-DD */
  birthDate: string
  /** INSEE code */
  birthPlace: string
  phone: string
  email: string
  source: Source
  /** a patient, or empty */
  mergedInto: string
  demo: boolean
  version: number
}

/** Sex is the administrative sex of an identity. */
export type Sex =
  | 'F'
  | 'M'
  | 'U'

/** Source is where a record comes from. */
export type Source =
  | 'typed' // by a person, in the pages
  | 'hospital' // by the hospital's system; not to be altered here

/** AppointmentKind tells a consultation from a meeting of professionals. */
export type AppointmentKind =
  | 'consultation'
  | 'telestaff'

/** AppointmentStatus uses the words of FHIR's Appointment. */
export type AppointmentStatus =
  | 'booked'
  | 'cancelled'
  | 'fulfilled'
  | 'noshow'

/** Appointment is one meeting, with a room of its own. */
export interface Appointment {
  id: string
  /** whose appointment and patient it is */
  establishment: string
  service: string
  kind: AppointmentKind
  status: AppointmentStatus
  /** of a telestaff; a consultation has none */
  title: string
  /** of a consultation */
  patient: string
  /** empty: the patient's own telephone or computer */
  place: string
  /** of the place; empty without one */
  hostEstablishment: string
  startsAt: Instant
  endsAt: Instant
  /** IANA time zone that it was made in */
  zone: string
  /** 2026-12-01T09:00, in Zone */
  localStart: string
  /** empty: single */
  series: string
  /** local start by the series' rule, before any move */
  occurrence: string
  /** RFC 5545 SEQUENCE: grows when time, place or participants change, and when it is cancelled */
  sequence: number
  /** of signalling */
  room: string
  /** the first guest waits */
  arrivedAt: Instant
  /** guest and host meet */
  beganAt: Instant
  endedAt: Instant
  /** a person who said the outcome; empty: found by the server */
  outcomeBy: string
  /** of the hospital's identifier, or empty */
  sourceSystem: string
  sourceValue: string
  /** that the two of a request speak about, or empty */
  opinion: string
  createdBy: string
  createdAt: Instant
  updatedAt: Instant
  version: number
}

/** Series makes appointments by a rule of RFC 5545. */
export interface Series {
  id: string
  establishment: string
  service: string
  title: string
  /** RRULE without its name, as in FREQ=WEEKLY;BYDAY=TU */
  rule: string
  /** local starts that are left out, with commas */
  exceptions: string
  zone: string
  /** of the first */
  localStart: string
  minutes: number
  /** appointments exist up to here */
  madeUntil: Instant
  /** 0: goes on */
  endedAt: Instant
  /** that its meetings write into; empty: none yet */
  thread: string
  version: number
}

/** ParticipantKind is who a participant of an appointment is. */
export type ParticipantKind =
  | 'person' // somebody with an account
  | 'patient' // the appointment's patient
  | 'place' // the tablet of the place
  | 'relative'
  | 'interpreter' // an external
  | 'external'
  | 'called'

/** Channel is how a link reaches somebody. */
export type Channel =
  | 'mail'
  | 'sms'
  | 'print'
  | 'none' // signs in, or uses the tablet
  | 'record'

/** Participant is somebody who is expected at an appointment. */
export interface Participant {
  id: string
  establishment: string
  appointment: string
  kind: ParticipantKind
  /** of kind person */
  person: string
  /** of the kinds without a record */
  name: string
  email: string
  phone: string
  channel: Channel
  /** of signalling: host, clinician or guest */
  callRole: string
  language: string
  version: number
}

/** Link is a way into one appointment for one participant. Its 22 characters are not kept. */
export interface Link {
  id: string
  establishment: string
  appointment: string
  participant: string
  createdAt: Instant
  /** first */
  usedAt: Instant
  revokedAt: Instant
}

/** Trial is what came of trying another server. */
export interface Trial {
  works: boolean
  /** what worked, in order */
  steps: Step[]
  /** why it does not work */
  reason: Reason
  /** what the other end said, and what IT may look at */
  problem: string
}

/** Step is a part of a trial that worked. */
export interface Step {
  name: StepName
  /** the server that it was, or what it answered */
  detail: string
}

/** StepName is what was tried. */
export type StepName =
  | 'reached' // the server answers, encrypted as it is set
  | 'signed-in' // it knows this server's user and password
  | 'accepted' // it has taken the message
  | 'endpoints' // the identity provider's addresses are known
  | 'keys' // its keys were read
  | 'client' // it knows this server's client and secret

/** ActorKind is who did something that the audit log holds. */
export type ActorKind =
  | 'person'
  | 'device' // a tablet; who held it is declared, not authenticated
  | 'link' // whoever opened a link
  | 'system' // this server, or the hospital's

/** AuditEntry is one line of the audit log. It holds ids, never names. */
export interface AuditEntry {
  sequence: number
  at: Instant
  /** empty: of the group */
  establishment: string
  actorKind: ActorKind
  actor: string
  /** as in appointment.move */
  action: string
  patient: string
  appointment: string
  /** id of what else it was done to */
  object: string
  /** JSON object without names, or empty */
  detail: string
  /** SHA-256 over the entry and the hash before it, hex */
  hash: string
}

/** Decision is what a patient, or who represents them, says to a teleconsultation. */
export type Decision =
  | 'given'
  | 'refused'
  | 'withdrawn'

/** Consent is a decision and how it came about. */
export interface Consent {
  id: string
  establishment: string
  appointment: string
  patient: string
  decision: Decision
  /** name and quality; empty: the patient decided */
  representative: string
  /** a person's id, or a declared name */
  informedBy: string
  /** InformedBy is a person who had signed in */
  authenticated: boolean
  /** oral or written */
  means: string
  /** version of the text that was given */
  information: string
  device: string
  at: Instant
}

/** IdentityCheck is that the four traits were read aloud and agreed. */
export interface IdentityCheck {
  id: string
  establishment: string
  appointment: string
  patient: string
  agreed: boolean
  /** a person's id, or a declared name */
  by: string
  authenticated: boolean
  device: string
  at: Instant
}

/** Delay tells those who wait for a service or a person that it takes longer. */
export interface Delay {
  id: string
  establishment: string
  service: string
  /** empty: the whole queue of the service */
  person: string
  minutes: number
  setBy: string
  setAt: Instant
  clearsAt: Instant
}

/** Setting is one value that an administrator chose. */
export interface Setting {
  /** empty: of the group, unless an establishment has its own */
  establishment: string
  key: string
  /** JSON */
  value: string
  updatedBy: string
  updatedAt: Instant
  version: number
}

/** OutboxState is how far a message is. */
export type OutboxState =
  | 'waiting'
  | 'sent'
  | 'failed' // given up; may be sent again by hand
  | 'dropped'

/** Message is one mail or SMS to be sent. It names records; its words are made when it is sent. */
export interface Message {
  id: string
  establishment: string
  appointment: string
  participant: string
  /** of a notice: whom it is for */
  person: string
  /** the opinion or the thread of a notice, the opinion of an answer */
  subject: string
  channel: Channel
  /** invitation, moved, changed, cancelled, renewed, reminder-day, reminder-soon, now, test; into the record: report, report-withdrawal, opinion; of a notice: opinion-urgent, opinion-queue, opinion-back, opinion-reply, opinion-answer, thread */
  purpose: string
  /** the appointment's when it was put here; of a notice, the version of the opinion or the number of the first message that is not read */
  sequence: number
  dueAt: Instant
  /** dropped from here on; 0: never */
  uselessAt: Instant
  state: OutboxState
  attempts: number
  nextAt: Instant
  /** why it did not go out, and so what may help; empty: it did, or waits for its first try */
  reason: Reason
  /** what the other end said at the last try, without addresses */
  error: string
  createdAt: Instant
  sentAt: Instant
}

/** Reason is why a message did not go out. */
export type Reason =
  | 'address' // nobody has this address or number
  | 'refused' // the other server does not take this message
  | 'later' // it asks to try again later
  | 'away' // it does not answer
  | 'account' // it does not know this server's user, password or key
  | 'tls' // its certificate or encryption is not what was expected
  | 'setting' // a setting of this server is wrong
  | 'missing' // no server or gateway is set up
  | 'too-late' // it would come too late
  | 'outdated' // the appointment was moved, changed or cancelled
  | 'revoked' // the link in it opens nothing any more
  | 'gone' // the appointment or the participant is not there any more
  | 'read' // they have seen meanwhile what it is about
  | 'off' // they do not want notices
  | 'right' // they have no right to what it is about any more
  | 'gathered' // another notice has told of it as well

/** ReceivedState is what was made of a message of the hospital's system. */
export type ReceivedState =
  | 'applied' // the practice is as the message says
  | 'ignored' // it changes nothing here, see Outcome
  | 'refused' // see Field and Problem; may be replayed

/** ReceivedOutcome is what came of a message, or why nothing did. */
export type ReceivedOutcome =
  | 'patient-created'
  | 'patient-updated'
  | 'patient-merged'
  | 'patient-renumbered'
  | 'appointment-made'
  | 'appointment-moved'
  | 'appointment-changed'
  | 'appointment-cancelled'
  | 'appointment-no-show'
  | 'unchanged' // it says what was known
  | 'older' // a later event has come before it
  | 'other-event' // an event that concerns nothing here
  | 'other-kind' // an appointment on the spot
  | 'unknown' // of an appointment that is not here
  | 'over' // of an appointment that is over
  | 'decided' // a person has said what became of it

/** Received is one message of the hospital's system. It holds no trait of a patient. */
export interface Received {
  id: string
  establishment: string
  /** in the configuration */
  source: string
  /** MSH-3 and MSH-4 */
  sender: string
  /** MSH-10 */
  control: string
  /** MSH-9, as in ADT^A01 */
  event: string
  eventAt: Instant
  receivedAt: Instant
  state: ReceivedState
  outcome: ReceivedOutcome
  /** MSA-1: AA, AE or AR */
  answer: string
  /** of the error, HL7 table 0357 */
  code: number
  /** that was wrong, as in PID-3.1 */
  field: string
  problem: string
  /** what was left out or guessed, words with commas: ins-not-kept, birth-date-partial, birth-place-not-kept, encoding, clock, practitioner-unknown, place-unknown, same-ins, not-invited */
  remarks: string
  patient: string
  appointment: string
  /** a person, the last who did */
  replayedBy: string
  replayedAt: Instant
  /** its text is no longer kept */
  forgottenAt: Instant
  version: number
}

/** Merge is that two records were of one patient. What was the one's is the other's since. */
export interface Merge {
  id: string
  establishment: string
  /** a patient */
  survivor: string
  /** a patient, or empty: it was not known here */
  prior: string
  /** the number that is no longer used */
  priorIpp: string
  /** the message that said so */
  received: string
  eventAt: Instant
  at: Instant
  /** JSON: ids of what was moved, by table */
  moved: string
  undoneBy: string
  undoneAt: Instant
  version: number
}

/** MachineAccess is what a machine may do in its establishment. */
export type MachineAccess =
  | 'read'
  | 'write' // and reads

/**
 * Machine is a program of the hospital that uses the FHIR interface without a person's session. It
 * belongs to one establishment and finds no way into another one.
 */
export interface Machine {
  /** client_id in OAuth */
  id: string
  establishment: string
  /** in the audit log */
  name: string
  access: MachineAccess
  /** system of the hospital's numbers of patients, a URI; empty: identifiers of type PI */
  authority: string
  /** of appointments that name none; empty: the only one there is */
  service: string
  /** patients are told of their appointments by SMS or mail */
  invite: boolean
  /** answers carry the patients' links, which are keys */
  links: boolean
  /** name in its client certificate, or empty */
  certificate: string
  /** SPKI in PEM, or empty: it has a secret */
  publicKey: string
  /** a person */
  createdBy: string
  createdAt: Instant
  seenAt: Instant
  /** 0: it may */
  revokedAt: Instant
}

/** OpinionState is how far a request for an opinion is. */
export type OpinionState =
  | 'waiting' // in the queue of the service
  | 'taken' // somebody of the service has it
  | 'askedback' // they wait for whoever asked
  | 'answered'
  | 'withdrawn' // by whoever asked

/** Urgency is by when an opinion is wanted. */
export type Urgency =
  | 'urgent'
  | 'soon'
  | 'routine'

/**
 * Opinion is a question about a patient to the experts of a service (télé-expertise). It belongs to
 * the establishment that asks, as its patient does; the service may be another establishment's, who
 * sees the question and the four traits to be checked, nothing else of the patient.
 */
export interface Opinion {
  id: string
  /** that asks */
  establishment: string
  patient: string
  askedEstablishment: string
  /** that is asked */
  service: string
  urgency: Urgency
  state: OpinionState
  question: string
  answer: string
  /** by the answer the patient need not travel */
  distant: boolean
  /** a person */
  askedBy: string
  askedAt: Instant
  dueAt: Instant
  /** a person; empty: nobody has it */
  takenBy: string
  takenAt: Instant
  /** answered or withdrawn */
  endedAt: Instant
  /** its texts are kept no more; 0: here */
  forgottenAt: Instant
  version: number
}

/** OpinionRead is up to which version somebody has seen a request. */
export interface OpinionRead {
  /** that asks */
  establishment: string
  opinion: string
  person: string
  version: number
}

/** OpinionNote is what was asked back about an opinion, or said to that. */
export interface OpinionNote {
  id: string
  establishment: string
  opinion: string
  /** asked back; otherwise said to it */
  back: boolean
  /** a person */
  saidBy: string
  at: Instant
  text: string
}

/**
 * Picture belongs to a question to experts. What it shows lies apart, sealed, and is shown to
 * nobody before it is whole. A clip of sound comes and is kept as pictures are.
 */
export interface Picture {
  id: string
  /** that asks */
  establishment: string
  opinion: string
  /** a clip of sound: without sides, preview and marks */
  sound: boolean
  width: number
  height: number
  /** of a sound that is whole */
  seconds: number
  /** in bytes */
  size: number
  /** bytes of them that are here */
  received: number
  /** Pieces is how many it comes in: a preview, then the picture as it is or the whole at a middle size and all tiles. 1: a sound, or a picture of before that. */
  pieces: number
  /** its preview is here */
  previewed: boolean
  /** SHA-256 of all of them, in hexadecimal */
  digest: string
  /** a person */
  madeBy: string
  madeAt: Instant
  /** 0: not yet */
  wholeAt: Instant
}

/** PictureMarkKind is what a mark on a picture is. */
export type PictureMarkKind =
  | 'spot' // a place that somebody points at
  | 'stroke' // drawn by hand
  | 'ruler' // between two points
  | 'scale' // a ruler of which somebody knows how long it is

/** PictureMark is something drawn on a picture. The picture itself stays as it is. */
export interface PictureMark {
  /** on the picture; it grows */
  n: number
  /** a person */
  by: string
  /** theirs when they drew it */
  name: string
  kind: PictureMarkKind
  /** Points are x and y of each in turn, in pixels of the picture. */
  points: number[]
  /** of a scale, in hundredths of a millimetre */
  length?: number
}

/** EpisodeKind is what happened to one participant of a session for some time. */
export type EpisodeKind =
  | 'present' // was inside the room
  | 'frozen' // their link carried nothing
  | 'voice' // their link carried the voice alone
  | 'still' // a picture every few seconds
  | 'reconnected' // their page lost the server
  | 'lost' // and did not come back; others stayed

/** EpisodeWay is which way of a link an episode concerns. */
export type EpisodeWay =
  | ''
  | 'up' // what the participant sends
  | 'down' // what they are sent

/** Episode is one thing that the server has measured in a session. */
export interface Episode {
  id: string
  establishment: string
  appointment: string
  participant: string
  kind: EpisodeKind
  way: EpisodeWay
  beganAt: Instant
  endedAt: Instant
}

/** ReportState is how far one version of a report is. */
export type ReportState =
  | 'draft'
  | 'signed' // is not changed any more
  | 'replaced' // a later version was signed
  | 'withdrawn' // is not to be used

/** Report is one version of the report of an appointment. */
export interface Report {
  id: string
  establishment: string
  appointment: string
  /** UUID, the same in all versions */
  document: string
  /** of the version, from 1 */
  number: number
  state: ReportState
  motive: string
  findings: string
  conclusion: string
  /** code, as in TLC or TCG */
  act: string
  /** fr or en, when it was signed */
  language: string
  /** JSON of ReportFacts, as they were when it was signed; empty: a draft */
  facts: string
  createdAt: Instant
  /** a person */
  savedBy: string
  savedAt: Instant
  signedBy: string
  signedAt: Instant
  withdrawnBy: string
  withdrawnAt: Instant
  withdrawnWhy: string
  /** what it says is in the record alone; 0: here */
  forgottenAt: Instant
  version: number
}

/** ReportFacts are what a report says that nobody types. */
export interface ReportFacts {
  /** its name */
  establishment: string
  finess: string
  service: string
  kind: AppointmentKind
  title: string
  zone: string
  /** as it was planned */
  startsAt: Instant
  beganAt: Instant
  endedAt: Instant
  /** where the patient was; empty: not at a place of the practice */
  place: string
  /** the establishment of the place */
  placeHouse: string
  patient: ReportPatient
  people: ReportPerson[]
  /** null: nobody has checked it */
  identity: ReportAssent
  /** null: nobody has written it down */
  consent: ReportAssent
  incidents: ReportIncident[]
}

/** ReportPatient is the patient of a report. */
export interface ReportPatient {
  birthName: string
  usedName: string
  birthGivenName: string
  sex: Sex
  birthDate: string
  ipp: string
  ins: string
  insAuthority: string
}

/** ReportPerson is somebody who was expected at the session. */
export interface ReportPerson {
  participant: string
  name: string
  kind: ParticipantKind
  callRole: string
  profession: string
  rpps: string
  /** first inside; 0: did not come */
  beganAt: Instant
  /** last inside */
  endedAt: Instant
}

/** ReportAssent is a check of identity, or a consent. */
export interface ReportAssent {
  /** of a check: given or refused */
  decision: Decision
  /** the name of whoever checked or informed */
  by: string
  authenticated: boolean
  representative: string
  means: string
  at: Instant
}

/** ReportIncident is what one participant's link had of one kind. */
export interface ReportIncident {
  /** whose link */
  name: string
  kind: EpisodeKind
  way: EpisodeWay
  times: number
  /** all together */
  seconds: number
  firstAt: Instant
  /** the end of the last */
  lastAt: Instant
}

/** ErrorCode is the stable part of an error. The pages have words of their own for each. */
export type ErrorCode =
  | 'signed-out' // 401: no session, or it has ended
  | 'forbidden'
  | 'origin'
  | 'not-found' // 404: there is none, or not for this person
  | 'malformed' // 400: not the JSON that was expected
  | 'invalid' // 422: field says which, message why
  | 'version' // 412: somebody else has changed it meanwhile
  | 'needs-version' // 428: If-Match is missing
  | 'duplicate' // 409: there is one already; id says which
  | 'conflict'
  | 'no-such-time' // 422: the clocks skip that hour
  | 'two-such-times'
  | 'locked'
  | 'wrong'
  | 'no-person'
  | 'disabled' // 403: an administrator has closed the account
  | 'used' // 410: a one-time link or code that was used
  | 'expired'
  | 'outgrown'
  | 'provider-away' // 503: the identity provider does not answer
  | 'provider-wrong'
  | 'last-admin' // 409: nobody could give rights any more
  | 'revoked' // 410: the link or the tablet was revoked
  | 'too-early' // 409: the appointment does not begin yet
  | 'too-late' // 410: the appointment is over
  | 'cancelled' // 410: the appointment was cancelled
  | 'met'
  | 'other-browser' // 409: the link is in use in another browser
  | 'too-many' // 429: try again later
  | 'too-large' // 413: more than the documented size
  | 'store-busy' // 503: try again in a moment
  | 'store-full'
  | 'store-damaged'
  | 'store-away'
  | 'internal'
  | 'hospital-record'
  | 'channel-missing' // 409: no mail server or SMS gateway is set up
  | 'no-right'
  | 'opinion-over'
  | 'no-expert'

/** Failure is the body of every answer that is not 2xx. */
export interface Failure {
  code: ErrorCode
  /** English: what was expected, what came, what to do */
  message: string
  /** of the request, as in participants.0.phone */
  field?: string
  /** with duplicate: the one there is */
  id?: string
  /** with locked and too-many */
  retryAt?: Instant
  /** with internal */
  reference?: string
  /** with conflict */
  conflicts?: Conflict[]
}

/** Ways says how one may sign in. */
export interface Ways {
  providers: Provider[]
  /** password and one-time code, and passkeys */
  local: boolean
  /** of the server, until somebody chooses */
  language: string
  demo: boolean
}

/** Provider is one identity provider. The page goes to /api/sign-in/ID. */
export interface Provider {
  id: string
  label: string
  /** pro-sante-connect, or oidc */
  kind: string
  /** did not answer at the last try */
  away: boolean
}

/** PasswordSignIn is the first of two factors. */
export interface PasswordSignIn {
  login: string
  password: string
}

/** SecondFactor asks for the code of the authenticator. */
export interface SecondFactor {
  challenge: string
  expiresAt: Instant
}

/** CodeSignIn is the second. */
export interface CodeSignIn {
  challenge: string
  /** 6 digits */
  code: string
}

/**
 * PasskeyChallenge is what navigator.credentials wants; options is WebAuthn's JSON, with the
 * members of PublicKeyCredentialCreationOptionsJSON or PublicKeyCredentialRequestOptionsJSON.
 */
export interface PasskeyChallenge {
  challenge: string
  options: Record<string, unknown>
}

/** PasskeyAnswer is what it returned, by toJSON(). */
export interface PasskeyAnswer {
  challenge: string
  credential: Record<string, unknown>
  /** of a new one, as in "Clé bleue" */
  name?: string
}

/** Passkey is one that a person has. */
export interface Passkey {
  id: string
  name: string
  createdAt: Instant
  usedAt: Instant
}

/** OneTimeKey is the key of a one-time link: what stands behind # in /enrol#KEY. */
export interface OneTimeKey {
  key: string
}

/** Enrolment says what a one-time link is for. */
export interface Enrolment {
  purpose: EnrolmentPurpose
  givenName: string
  familyName: string
  /** proposed */
  login: string
  expiresAt: Instant
}

/** EnrolmentPurpose is what a one-time link is for. */
export type EnrolmentPurpose =
  | 'first' // the first administrator, whose names are asked for, too
  | 'new'
  | 'reset' // password, code and passkeys are chosen anew

/** ChosenPassword is the answer to a one-time link. Names are only for purpose first. */
export interface ChosenPassword {
  key: string
  login: string
  /** 12 characters or more */
  password: string
  givenName?: string
  familyName?: string
}

/** NewCode is what the authenticator is to be fed; uri is for a QR code. */
export interface NewCode {
  secret: string
  uri: string
  /** PNG as data: URL */
  qr: string
}

/** ConfirmedCode shows that the authenticator works; it signs in. */
export interface ConfirmedCode {
  key: string
  code: string
}

/** EnrolPasskey begins with a passkey instead of a password. */
export interface EnrolPasskey {
  key: string
  login: string
  givenName?: string
  familyName?: string
}

/** ChangedPassword needs the old one. */
export interface ChangedPassword {
  old: string
  new: string
}

/** Me is who is signed in, and what they may do where. */
export interface Me {
  person: Person
  session: Session
  grants: Grant[]
  /** those with a right */
  establishments: Establishment[]
  /** those with a right */
  services: Service[]
  may: MayIn[]
  /** has a local account */
  local: boolean
  /** by which this server can send links */
  channels: Channel[]
  /** they are told by mail of what waits for them */
  notices: boolean
}

/** WantNotices says whether somebody is told by mail of what waits for them. */
export interface WantNotices {
  notices: boolean
}

/** MayIn lists what may be done in one establishment. */
export interface MayIn {
  /** empty: the group */
  establishment: string
  /** empty: whatever the service */
  service: string
  actions: Action[]
}

/** LiveState is what « Ma journée » shows of an appointment. */
export type LiveState =
  | 'expected' // nobody is there yet
  | 'waiting' // since arrivedAt
  | 'ongoing' // since beganAt
  | 'over' // fulfilled
  | 'noshow'
  | 'cancelled'

/** Day is the day of whoever asks, in the establishments and services where they may see it. */
export interface Day {
  /** YYYY-MM-DD */
  date: string
  zone: string
  /** the server's clock */
  now: Instant
  appointments: Row[]
  delays: Delay[]
  /** those that are named */
  places: Place[]
  services: Service[]
}

/** Row is one appointment as lists show it. */
export interface Row {
  appointment: Appointment
  live: LiveState
  patient?: PatientLine
  participants: ParticipantLine[]
  placeName: string
  serviceName: string
  /** is a participant, or it waits in a queue of theirs */
  mine: boolean
  /** no clinician is named: whoever of the service is free */
  queue: boolean
  /** call.host or call.join, and not too early */
  mayBegin: boolean
  /** move, cancel */
  mayWrite: boolean
  /** messages that failed */
  undelivered: number
  consent?: Decision
  /** ids of participants in the call or waiting */
  present: string[]
}

/** PatientLine is what a list shows of a patient. */
export interface PatientLine {
  id: string
  birthName: string
  usedName: string
  birthGivenName: string
  birthDate: string
  sex: Sex
  ipp: string
  /** has a national identity (INS) */
  qualified: boolean
}

/** ParticipantLine is what a list shows of a participant. */
export interface ParticipantLine {
  id: string
  kind: ParticipantKind
  person: string
  /** whoever it is, ready to be shown */
  name: string
  callRole: string
  channel: Channel
}

/**
 * NewPatient is a patient who is written down here. There is no INS: it only comes from the
 * hospital.
 */
export interface NewPatient {
  establishment: string
  ipp?: string
  birthName: string
  usedName?: string
  birthGivenName: string
  birthGivenNames?: string
  sex: Sex
  birthDate: string
  birthPlace?: string
  phone?: string
  email?: string
  /** though one with this name and birth date is there */
  anyway?: boolean
}

/** NewAppointment makes one appointment, or a series if there is a rule. */
export interface NewAppointment {
  /** 16 to 64 characters of chance: the same twice makes one */
  key: string
  establishment: string
  service: string
  kind: AppointmentKind
  title?: string
  patient?: string
  place?: string
  /** 2026-12-01T09:00, in the establishment's zone */
  localStart: string
  /** of the two when the clocks go back */
  later?: boolean
  minutes: number
  participants: NewParticipant[]
  /** RFC 5545, as in FREQ=WEEKLY;BYDAY=TU;COUNT=10 */
  rule?: string
  /** in spite of conflicts */
  anyway?: boolean
}

/** NewParticipant is one of them. */
export interface NewParticipant {
  kind: ParticipantKind
  person?: string
  name?: string
  email?: string
  phone?: string
  channel: Channel
  /** left out: by kind */
  callRole?: string
  language?: string
}

/** Conflict is another appointment at the same time. */
export interface Conflict {
  with: ConflictWith
  /** of the person, place or patient */
  id: string
  name: string
  /** empty if it is not for whoever asks */
  appointment: string
  startsAt: Instant
  endsAt: Instant
}

/** ConflictWith is who or what cannot be twice at a time. */
export type ConflictWith =
  | 'person'
  | 'place'
  | 'patient'

/** AppointmentView is one appointment with all that belongs to it. */
export interface AppointmentView {
  row: Row
  patient?: Patient
  participants: Participant[]
  links: Link[]
  messages: Message[]
  consents: Consent[]
  series?: Series
}

/**
 * Move changes an appointment. What is left out stays. The participants are the new list as a
 * whole.
 */
export interface Move {
  localStart?: string
  later?: boolean
  minutes?: number
  place?: string
  title?: string
  participants?: NewParticipant[]
  /** of a series */
  reach?: Reach
  anyway?: boolean
}

/** Reach says which appointments of a series are meant. */
export type Reach =
  | 'this'
  | 'following'

/** Cancel calls off an appointment. */
export interface Cancel {
  reach?: Reach
  /** send a message to who was invited */
  tell: boolean
}

/** Outcome says how it went, when the server found it out wrongly. */
export interface Outcome {
  /** fulfilled or noshow */
  status: AppointmentStatus
}

/** Send sends links again. */
export interface Send {
  /** ids; empty: everybody */
  participants: string[]
  /** a new link, and the old one is revoked */
  renew: boolean
}

/** SentTo says what became of it. */
export interface SentTo {
  participant: string
  channel: Channel
  /** id in the outbox; empty when nothing is to be sent */
  message: string
}

/** Printable is a link on paper. */
export interface Printable {
  participant: string
  /** https://…/r/… */
  address: string
  /** PNG as data: URL */
  qr: string
  startsAt: Instant
  zone: string
}

/** Join is the way into the call: an address of this server with an invitation behind #. */
export interface Join {
  address: string
}

/**
 * CallInvites says in which ways the caller may invite somebody into a call that goes on, besides
 * a link that the call itself makes.
 */
export interface CallInvites {
  sms: boolean
}

/**
 * NewCallInvite asks somebody without an account into a call that goes on, by SMS. They come to its
 * waiting room.
 */
export interface NewCallInvite {
  /** shown to whoever lets them in; not in the message */
  name: string
  phone: string
  /** of the message: fr or en */
  language?: string
}

/** CallInvite is how far such a message is. */
export interface CallInvite {
  /** id in the outbox */
  message: string
  state: OutboxState
  /** why it is not gone */
  reason: Reason
}

/** NewDelay tells those who wait. Minutes 0 takes it back. */
export interface NewDelay {
  establishment: string
  service: string
  /** only those who wait for whoever says it */
  mine: boolean
  minutes: number
}

/** OpenedLink asks what a link opens. Browser is a random name that the page keeps. */
export interface OpenedLink {
  /** 22 characters */
  token: string
  browser: string
  /** use it here though another browser has used it */
  take?: boolean
}

/** LinkAnswer says what it opens. The page asks again at opensAt. */
export interface LinkAnswer {
  state: LinkState
  now: Instant
  opensAt?: Instant
  startsAt?: Instant
  zone?: string
  /** minutes */
  delay?: number
  /** with open: where to go */
  address?: string
  /** of the secretariat */
  phone?: string
}

/** LinkState is what a link opens now. */
export type LinkState =
  | 'open'
  | 'early'
  | 'late'
  | 'cancelled'
  | 'revoked'
  | 'other-browser'
  | 'unknown'

/** LostLink asks for a new one. The answer is always 202 and says nothing. */
export interface LostLink {
  /** a mail address or a telephone number */
  contact: string
}

/** NewDevice asks for a code that enrols a tablet. */
export interface NewDevice {
  name: string
}

/** DeviceCode is that code, good once and for ten minutes. */
export interface DeviceCode {
  device: Device
  /** 8 digits */
  code: string
  expiresAt: Instant
}

/** EnrolDevice gives the tablet's public key: ECDSA P-256, SPKI in base64. */
export interface EnrolDevice {
  code: string
  publicKey: string
}

/** DeviceChallenge is to be signed with the tablet's key. */
export interface DeviceChallenge {
  challenge: string
}

/** DeviceSignIn is the signature: ECDSA with SHA-256 over the challenge's characters, r‖s in base64. */
export interface DeviceSignIn {
  device: string
  /** left out: asks for one */
  challenge?: string
  signature?: string
}

/** TabletDay is today's list of the tablet's place. */
export interface TabletDay {
  now: Instant
  zone: string
  /** name */
  establishment: string
  place: Place
  rows: Row[]
  delays: Delay[]
  /** version of the text about consent */
  information: string
}

/** CheckIdentity says that the four traits were read aloud. */
export interface CheckIdentity {
  agreed: boolean
  /** declared name, on a tablet; needed for a yes */
  by?: string
}

/** NewConsent is what the patient said. */
export interface NewConsent {
  decision: Decision
  representative?: string
  /** who informed them: declared name, on a tablet; needed for a yes */
  by?: string
  /** oral or written */
  means: string
  information: string
}

/** MeetingPlace is a place that a patient of any establishment may be in during a call. */
export interface MeetingPlace {
  id: string
  name: string
  establishment: string
  establishmentName: string
}

/** PersonView is a person as an administrator sees them. */
export interface PersonView {
  person: Person
  grants: Grant[]
  identities: Identity[]
  /** of the local account, or empty */
  login: string
  passkeys: number
  sessions: number
}

/** NewGrant gives a right. */
export interface NewGrant {
  role: Role
  establishment: string
  service: string
  endsAt?: Instant
}

/** OneTimeLink is an address by which somebody chooses how to sign in. It is shown once. */
export interface OneTimeLink {
  address: string
  expiresAt: Instant
}

/** Assign says who somebody is whom a provider knows. */
export interface Assign {
  /** empty: nobody */
  person: string
}

/** DirectoryEntry is somebody who may be asked to an appointment. */
export interface DirectoryEntry {
  id: string
  /** as in Dr Claire Bonnet */
  name: string
  profession: string
  /** in the establishment */
  roles: Role[]
}

/** ImportReport says what a file would do, or did, line by line. */
export interface ImportReport {
  /** of the file: send it back to do what was shown */
  digest: string
  /** utf-8 or windows-1252 */
  charset: string
  /** , or ; or tab */
  comma: string
  lines: ImportLine[]
  new: number
  changed: number
  same: number
  wrong: number
  done: boolean
}

/** ImportLine is one line of a file of people. */
export interface ImportLine {
  /** in the file, from 1 */
  line: number
  verdict: Verdict
  familyName: string
  givenName: string
  /** that would be added */
  grants: NewGrant[]
  problem?: string
  /** column */
  field?: string
  /** Reason is form, missing, unknown, not-yours, other-name or two-people. */
  reason?: string
}

/** Verdict is what a line does. */
export type Verdict =
  | 'new'
  | 'changed'
  | 'same'
  | 'wrong'

/** AuditPage is a part of the audit log, the newest first. */
export interface AuditPage {
  items: AuditLine[]
  next?: string
  /** that entries are kept */
  months: number
}

/** AuditLine is an entry with names for its ids, as far as they are still known. */
export interface AuditLine {
  entry: AuditEntry
  actorName: string
  patientName: string
}

/** AuditVerdict says whether the chain holds. */
export interface AuditVerdict {
  entries: number
  from: Instant
  to: Instant
  holds: boolean
  /** where and how it is broken */
  problem?: string
}

/** OutboxLine is a message with what is needed to judge it, without names. */
export interface OutboxLine {
  message: Message
  /** of its appointment; 0: it has none */
  startsAt: Instant
  /** likewise, or of the establishment */
  zone: string
  /** of its participant */
  kind: string
}

/** TryTo is whom a trial message goes to. */
export interface TryTo {
  /** a mail address or a telephone number */
  to: string
}

/** Hello begins a stream of events. */
export interface Hello {
  now: Instant
  /** of the server */
  version: string
}

/** Gone says that an appointment is no longer in the list of whoever listens. */
export interface Gone {
  appointment: string
}

/**
 * Arrival says that somebody waits who is to be met: the page rings until the row is no longer
 * waiting.
 */
export interface Arrival {
  appointment: string
  participant: string
  at: Instant
}

/** Ended says that a session or a tablet is no longer welcome. A call goes on. */
export interface Ended {
  reason: EndReason
}

/** EndReason is why. */
export type EndReason =
  | 'signed-out' // here or elsewhere
  | 'expired'
  | 'revoked'
  | 'stopping' // the server; come back in a moment

/** Events are the server-sent events of GET /api/events, by name. */
export interface Events {
  hello: Hello
  /** new or changed */
  appointment: Row
  gone: Gone
  arrival: Arrival
  /** minutes 0: taken back */
  delay: Delay
  /** for places.manage */
  device: Device
  /** for outbox.view: failed, sent again */
  message: Message
  /** for interop.manage: refused, replayed */
  received: Received
  /** for both sides */
  opinion: OpinionTold
  /** of one's own: written, read or deleted */
  thread: ThreadLine
  /** the rights of whoever listens have changed */
  me: Me
  ended: Ended
}

/** ReceivedView is a message of the hospital's system as whoever looks after the connection sees it. */
export interface ReceivedView {
  received: Received
  /** segments in lines, letters and digits of patients' traits replaced; empty: forgotten */
  text: string
}

/** MergeLine is a merge with the patients, for whoever may undo it. */
export interface MergeLine {
  merge: Merge
  survivor: PatientLine
  /** null: was not known here */
  prior: PatientLine
}

/** MachineList are the programs of an establishment that use the FHIR interface. */
export interface MachineList {
  /** false: this server has no such interface; practice.fhir.enabled opens it */
  enabled: boolean
  /** address of the interface, and of its token endpoint */
  base: string
  endpoint: string
  items: Machine[]
}

/** NewMachine is a program that an administrator sets up. */
export interface NewMachine {
  name: string
  access: MachineAccess
  authority: string
  service: string
  invite: boolean
  links: boolean
  certificate: string
  publicKey: string
}

/** MachineSecret is a new program, and its secret, which is told once. */
export interface MachineSecret {
  machine: Machine
  /** empty: it has a key or a certificate */
  secret: string
}

/**
 * OpinionLine is a question to experts as the page shows it to one of both sides. In lists its
 * texts are empty, and there are no notes, pictures and marks.
 */
export interface OpinionLine {
  opinion: Opinion
  patient: PatientLine
  /** of the establishment that asks, of the one that is asked, and of the service */
  askingHouse: string
  askedHouse: string
  serviceName: string
  asker: string
  /** who has it, or has answered */
  expert: string
  notes: OpinionNote[]
  pictures: Picture[]
  /** Marks are drawn on pictures, by the picture. */
  marks: Record<string, PictureMark[]>
  /** of who wrote notes */
  names: Record<string, string>
  /** whoever looks is of the side that asks */
  mayAsk: boolean
  /** or of the one that answers */
  mayAnswer: boolean
  /** they have taken it */
  mine: boolean
  /** the last version of the request that whoever looks has seen; 0: none */
  seen: number
  /** how far the answer is on its way into the record of whoever looks; null: there is no way */
  sent: Message
  /** they are one of the two who may speak about it: whoever asked, and who has taken it */
  mayTalk: boolean
  /** the call that is open; null: none is */
  talk: OpinionTalk
}

/** OpinionTalk is a call of the two about a request. */
export interface OpinionTalk {
  appointment: string
  openedAt: Instant
  /** who calls whoever looks; empty: nobody, or they are there themselves */
  calling: string
}

/** OpinionService is a service that may be asked. */
export interface OpinionService {
  id: string
  name: string
  house: string
}

/** SeenOpinions says which requests somebody has seen on their screen. */
export interface SeenOpinions {
  items: SeenOpinion[]
}

/** SeenOpinion is a request at the version that was seen. */
export interface SeenOpinion {
  id: string
  version: number
}

/** OpinionTold says that a request has changed. Whoever shows it reads it again. */
export interface OpinionTold {
  id: string
  state: OpinionState
  /** who calls whoever listens about it; empty: nobody does */
  calling: string
}

/** NewOpinion is a question to the experts of a service. */
export interface NewOpinion {
  /** the same twice makes one */
  key: string
  establishment: string
  patient: string
  service: string
  urgency: Urgency
  question: string
}

/** OpinionText is an answer, a question back, or what is said to that. */
export interface OpinionText {
  text: string
  /** of an answer: the patient need not travel */
  distant: boolean
}

/**
 * NewPicture is one that is going to be sent, in parts. The same key again begins nothing new. A
 * sound has no sides.
 */
export interface NewPicture {
  key: string
  sound: boolean
  width: number
  height: number
  /** of all pieces, in bytes */
  size: number
  /** SHA-256 of all of them, in hexadecimal */
  digest: string
  /** Pieces are the bytes of each: of a preview of at most 15 KiB, then of the picture as it is or of the whole at a middle size and of all tiles, row by row. A sound is one. */
  pieces: number[]
}

/** NewMark is what somebody draws on a picture. */
export interface NewMark {
  kind: PictureMarkKind
  /** x and y of each in turn, in pixels of the picture */
  points: number[]
  /** of a scale, in hundredths of a millimetre */
  length?: number
}

/** PictureUpload is how far a picture has come, for whoever sends it. */
export interface PictureUpload {
  picture: Picture
  /** Keep is the AES key that the browser keeps it under, in base64. */
  keep: string
  /** of its pieces, in bytes */
  sizes: number[]
  /** how many of them are here */
  have: number[]
  /** Looked are the pieces at which somebody looks, the most important first. */
  looked: number[]
  /** Next is the picture of the question at which somebody looks: it comes first. Empty: any. */
  next: string
}

/** PictureProgress is the same for whoever wants no more than what is new (Prefer: return=minimal). */
export interface PictureProgress {
  have: number[]
  looked: number[]
  next: string
}

/** PicturePieces is what is here of a picture, in bytes of each piece. */
export interface PicturePieces {
  sizes: number[]
  have: number[]
}

/**
 * LookAtPicture says at which pieces of a picture somebody looks, the most important first. It
 * holds for a minute.
 */
export interface LookAtPicture {
  pieces: number[]
}

/** ReportView is the report of an appointment, the newest version first. */
export interface ReportView {
  /** none: the session has not ended */
  versions: ReportLine[]
  mayWrite: boolean
  /** codes that there are; the empty one is none */
  acts: string[]
}

/** ReportLine is one version. The facts of a draft are those of now. */
export interface ReportLine {
  /** without facts */
  report: Report
  facts: ReportFacts
  /** in words, in the caller's language */
  incidents: string[]
  /** name */
  signer: string
  /** how far it is on its way into the record; null: there is no way */
  sent: Message
}

/** ReportText is what a clinician writes. */
export interface ReportText {
  motive: string
  findings: string
  conclusion: string
  act: string
}

/** WithdrawReport says why a report is not to be used. */
export interface WithdrawReport {
  why: string
}

/** FigureKind is what was counted: an appointment of a kind, or an opinion that was asked for. */
export type FigureKind =
  | 'consultation'
  | 'telestaff'
  | 'opinion'

/**
 * Figure is what is counted of a part of the hospital in a month. It knows of no patient and no
 * person: there are numbers, and where they are from.
 */
export interface Figure {
  establishment: string
  service: string
  /** where the patients were; empty: at no place of ours */
  place: string
  kind: FigureKind
  /** of the planned start where it is made, as in 202612 */
  month: number
  /** that took place */
  acts: number
  noShows: number
  /** or a request for an opinion that was withdrawn */
  cancelled: number
  /** consultations whose wait is known */
  waits: number
  /** of all of them, from when they were due */
  waitSeconds: number
  /** above 15 min */
  longWaits: number
  /** acts whose call was measured */
  sessions: number
  /** of all of them */
  sessionSeconds: number
  /** sessions with an incident; and with one of a kind: */
  troubled: number
  frozen: number
  voiceOnly: number
  stills: number
  reconnected: number
  lost: number
  /** requests for an opinion, in the month of the request */
  asked: number
  /** to them, in the month of the answer; acts as well */
  answers: number
  /** from the requests, of all of them */
  answerSeconds: number
  /** settled without the patient travelling */
  distant: number
}

/**
 * Satisfaction is what patients of a service said in a month: how many chose each of five faces,
 * the first for the least. It is shown for five answers and more.
 */
export interface Satisfaction {
  establishment: string
  service: string
  /** in which the last answer of five came */
  month: number
  face1: number
  face2: number
  face3: number
  face4: number
  face5: number
}

/** FiguresView is what was counted in some months, as far as whoever asks may see it. */
export interface FiguresView {
  /** month, as in 2026-01 */
  from: string
  /** the last one */
  until: string
  /** each of them, also without anything */
  months: FigureLine[]
  kinds: FigureLine[]
  /** establishments */
  houses: FigureLine[]
  /** by name, those in which there was something */
  services: FigureLine[]
  places: FigureLine[]
  /** what patients said, by month; only of whole parcels of five answers and more */
  satisfaction: SatisfactionLine[]
  /** month with anything at all; empty: none */
  first: string
  /** some of it was invented */
  demo: boolean
}

/** FigureLine is a figure of a month, a kind, an establishment, a service or a place. */
export interface FigureLine {
  /** a month, a kind or an id; "-": at no place of ours */
  key: string
  /** of an id */
  name: string
  figure: Figure
}

/** SatisfactionLine is how many chose each of the five faces, the first for the least. */
export interface SatisfactionLine {
  month: string
  faces: number[]
}

/** NewSatisfaction is what somebody says of their consultation. Nobody is told who. */
export interface NewSatisfaction {
  /** by which they were in the call */
  invitation: string
  /** 1 to 5 */
  face: number
}

/** ThreadKind is whose thread it is, and so who reads and writes it. */
export type ThreadKind =
  | 'telestaff'
  | 'team' // of chosen people, as those on call
  | 'sector'

/** Thread is a conversation that stays. Only those who belong to it read it; administrators do not. */
export interface Thread {
  id: string
  establishment: string
  kind: ThreadKind
  /** of a telestaff: its series, or the one meeting */
  subject: string
  /** of a team and a sector */
  name: string
  /** nobody reads or writes it */
  closed: boolean
  createdBy: string
  createdAt: Instant
  version: number
}

/** MemberKind is what belongs to a thread. */
export type MemberKind =
  | 'person'
  | 'service' // whoever works there
  | 'place' // whoever works in its establishment

/** ThreadMember is a person of a team, or a part of a sector. */
export interface ThreadMember {
  /** the thread's */
  establishment: string
  thread: string
  kind: MemberKind
  member: string
}

/** ThreadMessage is one message. Of one that was deleted the text is gone. */
export interface ThreadMessage {
  id: string
  establishment: string
  thread: string
  /** in its thread, from 1 */
  number: number
  /** a person */
  author: string
  at: Instant
  text: string
  /** the author, or an administrator */
  deletedBy: string
  deletedAt: Instant
}

/** ThreadRead is how far somebody has read. */
export interface ThreadRead {
  establishment: string
  thread: string
  person: string
  /** of the last message that they have read */
  number: number
  at: Instant
}

/** ThreadLine is a thread as whoever reads it sees it in a list. */
export interface ThreadLine {
  thread: Thread
  /** of a telestaff: the meeting's title */
  name: string
  /** of a telestaff: the next or last meeting */
  appointment: string
  /** messages of others */
  unread: number
  /** number of the last message; 0: none */
  last: number
  lastAt: Instant
  mayWrite: boolean
}

/** ThreadView is a thread that is open: a part of its messages, the oldest first. */
export interface ThreadView {
  line: ThreadLine
  messages: ThreadMessageLine[]
  /** there are some before these */
  earlier: boolean
  reads: ThreadReader[]
  /** characters of a message */
  maxText: number
  /** that messages are kept */
  days: number
}

/** ThreadMessageLine is a message with the name of whoever wrote it. */
export interface ThreadMessageLine {
  message: ThreadMessage
  authorName: string
}

/** ThreadReader is how far somebody has read. */
export interface ThreadReader {
  person: string
  name: string
  number: number
}

/** NewThreadMessage is one that somebody writes. The same key again writes nothing. */
export interface NewThreadMessage {
  /** of chance */
  key: string
  text: string
}

/** ReadThread says up to which message somebody has read. */
export interface ReadThread {
  number: number
}

/** ThreadPlan is what a team or a sector is to be. */
export interface ThreadPlan {
  /** of a new one */
  kind: ThreadKind
  name: string
  closed: boolean
  members: ThreadPart[]
}

/** ThreadPart is a person of a team, or a service or place of a sector. */
export interface ThreadPart {
  kind: MemberKind
  member: string
  /** told, not taken */
  name: string
}

/** ThreadOffice is a team or a sector as its administrator sees it: without what is written. */
export interface ThreadOffice {
  thread: Thread
  members: ThreadPart[]
  /** the latest, without their texts */
  messages: ThreadMessageLine[]
}
