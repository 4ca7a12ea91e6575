import type { Call } from '../../engine/api'
import { language, words } from '../../i18n'

function said(name: string): string {
  return document.querySelector<HTMLMetaElement>(`meta[name=${name}]`)?.content ?? ''
}

/** Kept by a patient's link for the tab: of the appointment that it has opened. */
export const appointmentKey = 'draille.appointment'

type Appointment = { at?: number; phone?: string }

function appointment(): Appointment {
  try {
    return JSON.parse(sessionStorage.getItem(appointmentKey) ?? '{}') as Appointment
  } catch {
    return {} // refused, or damaged: then it is not said
  }
}

/** Whom one is to meet and when, as far as the link says so. */
export function Meeting({ call }: { call: Call }) {
  const { house } = words.value
  const { with: host = '', at = appointment().at } = call.meeting.value ?? {}
  if (!host && !at) return null
  const when =
    at && new Date(at).toLocaleTimeString(language.value, { hour: '2-digit', minute: '2-digit' })
  return <p class="meeting">{house.meeting(host, when || '')}</p>
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
