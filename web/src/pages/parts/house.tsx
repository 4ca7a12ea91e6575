import type { Call } from '../../engine/api'
import { language, words } from '../../i18n'
import { timeIn, zoneWords } from '../../i18n/zone'

function said(name: string): string {
  return document.querySelector<HTMLMetaElement>(`meta[name=${name}]`)?.content ?? ''
}

/** Kept by a patient's link for the tab: of the appointment that it has opened. */
export const appointmentKey = 'draille.appointment'

type Appointment = { at?: number; zone?: string; phone?: string }

function appointment(): Appointment {
  try {
    return JSON.parse(sessionStorage.getItem(appointmentKey) ?? '{}') as Appointment
  } catch {
    return {} // refused, or damaged: then it is not said
  }
}

/** The zone in which hours of the appointment are told; '' where none is said. */
export const zoneOf = (call: Call) => call.meeting.value?.zone ?? appointment().zone ?? ''

const hour = { hour: '2-digit', minute: '2-digit' } as const

/** Whom one is to meet and when, as far as the link says so. */
export function Meeting({ call }: { call: Call }) {
  const { house } = words.value
  const { with: host = '', at = appointment().at } = call.meeting.value ?? {}
  if (!host && !at) return null
  const zone = zoneOf(call)
  const when = at ? timeIn(at, zone, hour) + zoneWords(at, zone) : ''
  return <p class="meeting">{house.meeting(host, when)}</p>
}

/** The hospital, its telephone, and what the law wants to be said: below every page. */
export function HouseFoot() {
  const { house } = words.value
  const name = said('house')
  const phone = appointment().phone || said('phone')
  const status = said('accessibility')
  return (
    <footer class="reading-foot">
      {name && <p>{name}</p>}
      {phone && (
        <p>
          {house.phone} <a href={`tel:${phone.replace(/[^+\d]/g, '')}`}>{phone}</a>
        </p>
      )}
      <p>
        <a href={language.value === 'fr' ? '/accessibilite' : '/accessibility'}>
          {house.accessibility[status === 'partial' || status === 'full' ? status : 'none']}
        </a>
      </p>
    </footer>
  )
}
