/** What the lists say of an appointment. */
import { useEffect, useRef, useState } from 'preact/hooks'
import type { PatientLine, Row } from '../api'
import { minutesSince } from '../dates'
import { words } from '../words'
import { connections, skew, told, type Told } from './live'

/** The server's time, told anew every ten seconds: lists count minutes. */
export function useServerNow(): number {
  const [now, setNow] = useState(() => Date.now())
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 10_000)
    return () => clearInterval(timer)
  }, [])
  return now + skew.value
}

/**
 * Does something each time that the stream tells what it is about, and when the stream comes back:
 * what was missed is read anew. What was told before is in what the page has read itself.
 */
export function useFollowing(does: () => unknown, about: (now: Told) => boolean): void {
  const latest = useRef({ does, about })
  latest.current = { does, about }
  useEffect(() => {
    let following = false // a subscription begins with what there is
    const stops = [
      told.subscribe((now) => following && latest.current.about(now) && latest.current.does()),
      connections.subscribe(() => following && latest.current.does()),
    ]
    following = true
    return () => stops.forEach((stop) => stop())
  }, [])
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
  const { noPatient, aboutOpinion } = words.value.day
  return row.appointment.title || (row.appointment.opinion ? aboutOpinion : noPatient)
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
