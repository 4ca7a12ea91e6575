/** What the lists say of an appointment. */
import { useEffect, useState } from 'preact/hooks'
import type { PatientLine, Row } from '../api'
import { minutesSince } from '../dates'
import { words } from '../words'
import { skew } from './live'

/** The server's time, told anew every ten seconds: lists count minutes. */
export function useServerNow(): number {
  const [now, setNow] = useState(() => Date.now())
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 10_000)
    return () => clearInterval(timer)
  }, [])
  return now + skew.value
}

export function stateWords(row: Row, now: number): string {
  const { state } = words.value.day
  const { arrivedAt, beganAt } = row.appointment
  switch (row.live) {
    case 'waiting':
      return state.waiting(minutesSince(arrivedAt, Math.max(now, arrivedAt)))
    case 'ongoing':
      return state.ongoing(minutesSince(beganAt, Math.max(now, beganAt)))
    default:
      return state[row.live]
  }
}

/** The name in a list: the birth name identifies, people are called by the used name. */
export const patientName = ({ birthName, usedName, birthGivenName }: PatientLine) =>
  usedName && usedName !== birthName
    ? `${birthGivenName} ${usedName} (${birthName})`
    : `${birthGivenName} ${birthName}`

export function titleOf(row: Row): string {
  if (row.patient) return patientName(row.patient)
  return row.appointment.title || words.value.day.noPatient
}

export const peopleOf = (row: Row) =>
  row.participants
    .filter(({ kind }) => kind !== 'patient' && kind !== 'place')
    .map(({ name }) => name)

/** The names of a row's participants by their id; the patient's stands in the row alone. */
export const namesIn = (row: Row) =>
  new Map(
    row.participants.map(({ id, kind, name }) => [id, kind === 'patient' ? titleOf(row) : name]),
  )
