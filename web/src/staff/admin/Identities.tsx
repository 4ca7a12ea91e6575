import { useState } from 'preact/hooks'
import type { Identity, PersonView } from '../api'
import { moment, ownZone } from '../dates'
import { useDoing } from '../parts/doing'
import { SelectField } from '../parts/Field'
import { ProblemNote } from '../parts/Problem'
import { useReading } from '../parts/reading'
import { put, query } from '../request'
import { may, me } from '../session'
import { words } from '../words'

/** Whom a provider knows and nobody here has named: until then they see nothing. */
export function Identities() {
  const { identities: sentences } = words.value.admin
  const { data, problem, again } = useReading<{ items: Identity[] }>('/api/identities?unknown=true')
  // Without an establishment the list is the group's, which is not everybody's to see.
  const own = may(me.value, 'group.manage')
    ? undefined
    : me.value?.establishments.find(({ id }) => may(me.value, 'people.manage', id))?.id
  const people = useReading<{ items: PersonView[] }>(
    `/api/people${query({ limit: '200', establishment: own })}`,
  )
  return (
    <section class="panelcard">
      <p>{sentences.text}</p>
      <ProblemNote problem={problem ?? people.problem} onRetry={() => void again()} />
      {data?.items.length === 0 && <p class="empty">{sentences.none}</p>}
      <ul class="lines-list">
        {data?.items.map((identity) => (
          <IdentityLine
            key={identity.id}
            identity={identity}
            people={people.data?.items ?? []}
            again={again}
          />
        ))}
      </ul>
    </section>
  )
}

type LineProps = { identity: Identity; people: PersonView[]; again: () => Promise<void> }

function IdentityLine({ identity, people, again }: LineProps) {
  const { identities: sentences } = words.value.admin
  const [person, setPerson] = useState('')
  const { busy, problem, run } = useDoing()
  const assign = (event: Event) => {
    event.preventDefault()
    if (!person) return
    void run(async () => {
      await put(`/api/identities/${identity.id}`, { person })
      await again()
    })
  }
  return (
    <li>
      <strong>{identity.label || identity.subject}</strong>{' '}
      <span class="soft">
        {identity.provider}, {moment(identity.seenAt, ownZone)}
      </span>
      <form class="toolbar" onSubmit={assign}>
        <SelectField
          label={sentences.who}
          value={person}
          onValue={setPerson}
          options={[
            ['', sentences.choose],
            ...people.map(
              ({ person: one }) =>
                [one.id, `${one.familyName} ${one.givenName} ${one.rpps}`.trim()] as const,
            ),
          ]}
        />
        <button class="button" aria-disabled={busy}>
          {sentences.assign}
        </button>
      </form>
      <ProblemNote problem={problem} />
    </li>
  )
}
