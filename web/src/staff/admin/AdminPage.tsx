import { signal } from '@preact/signals'
import type { Action } from '../api'
import { SelectField } from '../parts/Field'
import { Frame } from '../parts/Frame'
import { route, to } from '../route'
import { may, me } from '../session'
import { words } from '../words'
import { Audit } from './Audit'
import { Establishments } from './Establishments'
import { Identities } from './Identities'
import { Import } from './Import'
import { Machines } from './Machines'
import { Merges } from './Merges'
import { Outbox } from './Outbox'
import { People } from './People'
import { Places } from './Places'
import { Received } from './Received'
import { Settings } from './Settings'
import { Threads } from './Threads'

/** The establishment that is looked after; it stays chosen from one section to the next. */
const chosen = signal('')

const sections = [
  ['establishments', 'group.manage', Establishments],
  ['places', 'places.manage', Places],
  ['teams', 'thread.manage', Threads],
  ['people', 'people.manage', People],
  ['import', 'people.manage', Import],
  ['identities', 'people.manage', Identities],
  ['settings', 'settings.manage', Settings],
  ['machines', 'interop.manage', Machines],
  ['outbox', 'outbox.view', Outbox],
  ['received', 'interop.manage', Received],
  ['merges', 'patient.write', Merges],
  ['audit', 'audit.view', Audit],
] as const satisfies readonly (readonly [string, Action, unknown])[]

/** Sections that also make sense for the group as a whole. */
const ofGroup = new Set<string>(['people', 'settings', 'outbox', 'audit'])

export function AdminPage() {
  const { admin } = words.value
  const who = me.value
  const open = sections.filter(([, action]) => may(who, action))
  const asked = route.value[1]
  // The first section of whoever has no establishment yet is where one is made.
  const [name, action, Section] = open.find(([one]) => one === asked) ?? open[0]!
  const places = (who?.establishments ?? []).filter(({ id }) => may(who, action, id))
  const group = who?.may.some((where) => !where.establishment && where.actions.includes(action))
  const whole = group && ofGroup.has(name)
  const known = places.some(({ id }) => id === chosen.value)
  const establishment = known ? chosen.value : whole ? '' : (places[0]?.id ?? '')
  return (
    <Frame title={admin.title} help={name}>
      <nav class="sections" aria-label={admin.menu}>
        {open.map(([one]) => (
          <a
            key={one}
            class="desk-tab"
            href={to('admin', one)}
            aria-current={one === name ? 'page' : undefined}
          >
            {admin.sections[one]}
          </a>
        ))}
      </nav>
      {name !== 'establishments' &&
        name !== 'identities' &&
        places.length + (whole ? 1 : 0) > 1 && (
          <div class="toolbar">
            <SelectField
              label={admin.establishment}
              value={establishment}
              onValue={(id) => (chosen.value = id)}
              options={[
                ...(whole ? [['', admin.group] as const] : []),
                ...places.map(({ id, name: title }) => [id, title] as const),
              ]}
            />
          </div>
        )}
      <h2>{admin.sections[name]}</h2>
      {establishment || whole || name === 'establishments' || name === 'identities' ? (
        <Section key={`${name} ${establishment}`} establishment={establishment} />
      ) : (
        <p class="empty">{admin.establishments.none}</p>
      )}
    </Frame>
  )
}

export type SectionProps = { establishment: string }
