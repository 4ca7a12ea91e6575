import { describe, expect, it } from 'vitest'
import type { Patient } from '../api'
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

const draft: Draft = {
  key: '0123456789abcdef',
  kind: 'consultation',
  establishment: 'E1',
  service: 'V1',
  title: 'never sent',
  patient: { id: 'N1' } as Draft['patient'],
  team: [{ id: 'P1', name: 'Dr Claire Bonnet' }],
  where: 'own',
  place: '',
  channel: 'sms',
  email: '',
  phone: ' +33600000003 ',
  date: '2026-12-01',
  time: '09:00',
  later: false,
  minutes: 30,
  repeat: 'never',
  count: 10,
  guests: [],
}

describe('an appointment that is typed', () => {
  it('is sent as the contract has it', () => {
    expect(requestOf(draft)).toEqual({
      key: '0123456789abcdef',
      establishment: 'E1',
      service: 'V1',
      kind: 'consultation',
      patient: 'N1',
      localStart: '2026-12-01T09:00',
      minutes: 30,
      participants: [
        { kind: 'person', person: 'P1', channel: 'none' },
        { kind: 'patient', channel: 'sms', phone: '+33600000003' },
      ],
    })
  })

  it('at a place asks its tablet, and sends no link', () => {
    const request = requestOf({ ...draft, where: 'place', place: 'L1' })
    expect(request.place).toBe('L1')
    expect(request.participants.at(-1)).toEqual({ kind: 'place', channel: 'none' })
  })

  it('of a team has a subject and a rule, and no patient', () => {
    const request = requestOf({ ...draft, kind: 'telestaff', title: ' Équipe ', repeat: 'week' })
    expect(request).toMatchObject({ title: 'Équipe', rule: 'FREQ=WEEKLY;BYDAY=TU;COUNT=10' })
    expect(request).not.toHaveProperty('patient')
    expect(request.participants).toHaveLength(1)
  })

  it('says which of two hours, and that it is to be saved all the same', () => {
    expect(requestOf({ ...draft, later: true }, true)).toMatchObject({ later: true, anyway: true })
  })

  it.each([
    [{}, []],
    [{ patient: undefined }, ['patient']],
    [{ time: '' }, ['when']],
    [{ phone: ' ' }, ['phone']],
    [{ channel: 'mail' }, ['email']],
    [{ channel: 'print', phone: '' }, []],
    [{ where: 'place' }, ['place']],
    [{ kind: 'telestaff', patient: undefined, phone: '' }, []],
    [
      { guests: [{ kind: 'relative', name: '', email: 'a@b', phone: '', channel: 'mail' }] },
      ['guest'],
    ],
    [
      { guests: [{ kind: 'relative', name: 'X', email: '', phone: '', channel: 'mail' }] },
      ['guest'],
    ],
  ] as [Partial<Draft>, string[]][])('with %j lacks %j', (part, missing) => {
    expect(missingIn({ ...draft, ...part })).toEqual(missing)
  })

  it('is checked as soon as it says who and when', () => {
    expect(checkable(draft)).toBe(true)
    expect(checkable({ ...draft, patient: undefined })).toBe(false)
    expect(checkable({ ...draft, kind: 'telestaff', patient: undefined })).toBe(true)
  })

  it('asks who is free without a contact, but says how the patient comes', () => {
    const typed = { ...draft, phone: '+336', email: 'p' }
    expect(checkOf(typed).participants).toEqual([
      { kind: 'person', person: 'P1', channel: 'none' },
      { kind: 'patient', channel: 'print' },
    ])
    expect(checkOf(typed)).toEqual(checkOf({ ...typed, phone: '+3361', channel: 'mail' }))
    expect(checkOf({ ...draft, where: 'place', place: 'L1' }).participants).toContainEqual({
      kind: 'place',
      channel: 'none',
    })
  })

  it.each([
    ['09:00', '09:15'],
    ['09:14', '09:15'],
    ['09:50', '10:00'],
    ['23:58', '23:45'],
  ])('at %s begins at %s', (now, next) => {
    expect(nextQuarter(now)).toBe(next)
  })
})

describe('how a patient is reached', () => {
  const record = (id: string, email: string) => ({ id, email, phone: '' }) as Patient
  const empty: Draft = { ...draft, patient: undefined, email: '', phone: '' }

  it('comes from their record', () => {
    const chosen = withPatient(empty, { id: 'N1' } as Draft['patient'])
    expect(withRecord(chosen, record('N1', 'one@example.org')).email).toBe('one@example.org')
    expect(withPatient(empty, record('N1', 'new@example.org')).email).toBe('new@example.org')
  })

  it('is what was typed before the record came', () => {
    const typed = { ...withPatient(empty, { id: 'N1' } as Draft['patient']), email: 'typed@b.org' }
    expect(withRecord(typed, record('N1', 'one@example.org')).email).toBe('typed@b.org')
    expect(withRecord(typed, record('N1', '')).email).toBe('typed@b.org')
  })

  it('is never where another patient is reached', () => {
    const first = withPatient(empty, record('N1', 'one@example.org'))
    const nobody = withPatient(first)
    expect(nobody).toMatchObject({ patient: undefined, email: '', phone: '' })
    // The first one's record comes late.
    expect(withRecord(nobody, record('N1', 'one@example.org'))).toBe(nobody)
    const second = withPatient(nobody, { id: 'N2' } as Draft['patient'])
    expect(withRecord(second, record('N1', 'one@example.org'))).toBe(second)
    expect(withRecord(second, record('N2', 'two@example.org')).email).toBe('two@example.org')
  })
})
