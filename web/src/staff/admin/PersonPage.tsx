import { useState } from 'preact/hooks'
import type { Grant, OneTimeLink, Person, PersonView, Role, Service } from '../api'
import { moment, ownZone } from '../dates'
import { Copy } from '../parts/Copy'
import { useDoing } from '../parts/doing'
import { SelectField, TextField } from '../parts/Field'
import { ProblemNote } from '../parts/Problem'
import { useReading } from '../parts/reading'
import { post, put, remove } from '../request'
import { may, me } from '../session'
import { words } from '../words'

type PageProps = { id: string; establishment: string; onBack: () => void }

/** One person: who they are, what they may do, and how they sign in. */
export function PersonPage({ id, establishment, onBack }: PageProps) {
  const { admin, common } = words.value
  const { people: sentences } = admin
  const { data: view, problem, again } = useReading<PersonView>(`/api/people/${id}`)
  const [editing, setEditing] = useState(false)
  const person = view?.person
  // Names and accounts are for the administrator of the person's own establishment.
  const manages = !!person && may(me.value, 'people.manage', person.establishment)
  return (
    <>
      <button type="button" class="button" onClick={onBack}>
        {sentences.back}
      </button>
      <ProblemNote problem={problem} onRetry={() => void again()} />
      {!view && !problem && <p role="status">{common.loading}</p>}
      {view && person && (
        <>
          {editing ? (
            <PersonForm
              start={person}
              establishment={establishment}
              onCancel={() => setEditing(false)}
              onSaved={() => {
                setEditing(false)
                void again()
              }}
            />
          ) : (
            <section class="panelcard participant">
              <div>
                <h3>
                  {[person.title, person.givenName, person.familyName]
                    .filter((part) => part)
                    .join(' ')}
                </h3>
                <p class="soft">
                  {[person.profession, person.email, person.phone, person.rpps]
                    .filter((part) => part)
                    .join(' · ')}
                </p>
                {!!person.disabledAt && <span class="chip chip--warn">{sentences.disabled}</span>}
              </div>
              {manages && (
                <button type="button" class="button" onClick={() => setEditing(true)}>
                  {common.actions.change}
                </button>
              )}
            </section>
          )}
          <Grants view={view} establishment={establishment} again={again} />
          {manages && <Access view={view} again={again} />}
        </>
      )}
    </>
  )
}

type FormProps = {
  start?: Person
  establishment: string
  onSaved: (view: PersonView) => void
  onExisting?: (id: string) => void
  onCancel: () => void
}

const fields = [
  ['title', 'text', false],
  ['givenName', 'text', true],
  ['familyName', 'text', true],
  ['profession', 'text', false],
  ['email', 'email', false],
  ['phone', 'tel', false],
  ['rpps', 'text', false],
] as const

export function PersonForm({ start, establishment, onSaved, onExisting, onCancel }: FormProps) {
  const { admin, common, booking } = words.value
  const [value, setValue] = useState(() =>
    Object.fromEntries(fields.map(([name]) => [name, start?.[name] ?? ''])),
  )
  const { busy, problem, run } = useDoing()
  const save = async (event: Event) => {
    event.preventDefault()
    const typed = Object.fromEntries(fields.map(([name]) => [name, value[name]!.trim()]))
    const rest = start ?? { language: 'fr', establishment }
    const answer = await run(() =>
      start
        ? put<PersonView>(`/api/people/${start.id}`, { ...rest, ...typed }, start.version)
        : post<PersonView>('/api/people', { ...rest, ...typed }),
    )
    if (answer) onSaved(answer.data)
  }
  const twin = problem?.code === 'duplicate' && problem.id ? problem.id : undefined
  return (
    <form class="form panelcard" onSubmit={(event) => void save(event)}>
      <div class="pair">
        {fields.map(([name, type, required]) => (
          <TextField
            key={name}
            label={admin.people[name]}
            type={type}
            required={required}
            optional={!required}
            value={value[name]!}
            onValue={(typed) => setValue({ ...value, [name]: typed })}
            autocomplete="off"
            spellcheck={false}
          />
        ))}
      </div>
      <ProblemNote problem={problem} />
      {twin && onExisting && (
        <button type="button" class="button" onClick={() => onExisting(twin)}>
          {booking.who.useExisting}
        </button>
      )}
      <div class="actions actions--row">
        <button class="button button--primary" aria-disabled={busy}>
          {common.actions.save}
        </button>
        <button type="button" class="button" onClick={onCancel}>
          {common.actions.cancel}
        </button>
      </div>
    </form>
  )
}

type PartProps = { view: PersonView; again: () => Promise<void> }

/** Roles that an administrator of an establishment may give; the others are the group's. */
const local: Role[] = ['clinician', 'secretary', 'nurse', 'expert', 'establishment-admin']
const ofGroup: Role[] = ['auditor', 'group-admin']

function Grants({ view, establishment, again }: PartProps & { establishment: string }) {
  const { admin } = words.value
  const { people: sentences } = admin
  const [role, setRole] = useState<Role>('clinician')
  const establishments = (me.value?.establishments ?? []).filter(({ id }) =>
    may(me.value, 'people.manage', id),
  )
  const [where, setWhere] = useState(
    establishment || (establishments.length === 1 ? establishments[0]!.id : ''),
  )
  const [told, setTold] = useState(false)
  const [service, setService] = useState('')
  const services = useReading<Service[]>(
    where ? `/api/establishments/${where}/services` : undefined,
  )
  const { busy, problem, done, run } = useDoing()
  const group = may(me.value, 'group.manage')
  const wholeRole = role === 'establishment-admin' || ofGroup.includes(role)
  const nowhere = !where && !ofGroup.includes(role)
  const places = [
    // An auditor is of one establishment or of all; any other right names its establishment.
    ...(role === 'auditor' || !where
      ? [['', role === 'auditor' ? admin.group : sentences.choose] as const]
      : []),
    ...establishments.map(({ id, name }) => [id, name] as const),
  ]
  const give = (event: Event) => {
    event.preventDefault()
    setTold(nowhere)
    if (nowhere) return
    void run(async () => {
      await post(`/api/people/${view.person.id}/grants`, {
        role,
        establishment: role === 'group-admin' ? '' : where,
        service: wholeRole ? '' : service,
      })
      await again()
    }, words.value.common.saved)
  }
  const takeBack = (grant: Grant) =>
    run(async () => {
      await remove(`/api/people/${view.person.id}/grants/${grant.id}`)
      await again()
    }, words.value.common.saved)
  const whereWords = (grant: Grant) => {
    if (!grant.establishment) return sentences.everywhere
    const name = me.value?.establishments.find(({ id }) => id === grant.establishment)?.name
    const part = grant.service
      ? [...(services.data ?? []), ...(me.value?.services ?? [])].find(
          ({ id }) => id === grant.service,
        )?.name
      : sentences.allServices
    return [name, part].filter((one) => one).join(', ')
  }
  return (
    <section class="panelcard" aria-labelledby="rights">
      <h3 id="rights">{sentences.rights}</h3>
      {view.grants.length === 0 && <p class="soft">{sentences.noRight}</p>}
      <ul class="lines-list">
        {view.grants.map((grant) => (
          <li key={grant.id} class="participant">
            <div>
              <strong>{sentences.roles[grant.role]}</strong>{' '}
              <span class="soft">{whereWords(grant)}</span>
            </div>
            {(group || may(me.value, 'people.manage', grant.establishment || '-')) && (
              <button type="button" class="button" onClick={() => void takeBack(grant)}>
                {sentences.takeBack}
                <span class="unseen"> : {sentences.roles[grant.role]}</span>
              </button>
            )}
          </li>
        ))}
      </ul>
      <form class="toolbar" onSubmit={give}>
        <SelectField
          label={sentences.role}
          value={role}
          onValue={(value) => setRole(value as Role)}
          options={[...local, ...(group ? ofGroup : [])].map(
            (one) => [one, sentences.roles[one]] as const,
          )}
        />
        {role !== 'group-admin' && places.length > 1 && (
          <SelectField
            label={admin.establishment}
            wrong={told && nowhere ? sentences.chooseFirst : undefined}
            value={where}
            onValue={(id) => {
              setWhere(id)
              setService('')
            }}
            options={places}
          />
        )}
        {!wholeRole && (
          <SelectField
            label={sentences.service}
            value={service}
            onValue={setService}
            options={[
              ['', sentences.allServices],
              ...(services.data ?? [])
                .filter(({ closed }) => !closed)
                .map(({ id, name }) => [id, name] as const),
            ]}
          />
        )}
        <button class="button button--primary" aria-disabled={busy}>
          {sentences.give}
        </button>
      </form>
      <p role="status">{done}</p>
      <ProblemNote problem={problem} />
    </section>
  )
}

function Access({ view, again }: PartProps) {
  const { admin, common } = words.value
  const { people: sentences } = admin
  const { person, login, identities, sessions, passkeys } = view
  const [link, setLink] = useState<OneTimeLink>()
  const { busy, problem, done, run } = useDoing()
  const known = !!login || passkeys > 0
  const make = async () => {
    const purpose = known ? 'reset' : 'new'
    const answer = await run(() => post<OneTimeLink>(`/api/people/${person.id}/enrol`, { purpose }))
    if (answer) setLink(answer.data)
  }
  const close = () =>
    run(async () => {
      const disabledAt = person.disabledAt ? 0 : Date.now()
      await put(`/api/people/${person.id}`, { ...person, disabledAt }, person.version)
      await again()
    }, common.saved)
  const endAll = () =>
    run(async () => {
      await remove(`/api/people/${person.id}/sessions`)
      await again()
    }, common.saved)
  return (
    <section class="panelcard" aria-labelledby="access">
      <h3 id="access">{sentences.access}</h3>
      <ul>
        <li>{login ? sentences.local(login) : sentences.noLocal}</li>
        {identities.map(({ id, provider }) => (
          <li key={id}>{sentences.identity(provider)}</li>
        ))}
        <li>{sentences.sessions(sessions)}</li>
      </ul>
      {link && (
        <div class="note" role="status">
          <p>{sentences.linkText}</p>
          <p>
            <code class="secret" data-testid="one-time-link">
              {link.address}
            </code>
          </p>
          <p class="soft">{sentences.linkUntil(moment(link.expiresAt, ownZone))}</p>
          <Copy text={link.address} />
        </div>
      )}
      <div class="actions actions--row">
        <button type="button" class="button" aria-disabled={busy} onClick={() => void make()}>
          {known ? sentences.reset : sentences.link}
        </button>
        {sessions > 0 && (
          <button type="button" class="button" aria-disabled={busy} onClick={() => void endAll()}>
            {sentences.endSessions}
          </button>
        )}
        <button type="button" class="button" aria-disabled={busy} onClick={() => void close()}>
          {person.disabledAt ? sentences.enable : sentences.disable}
        </button>
      </div>
      <p role="status">{done}</p>
      <ProblemNote problem={problem} />
    </section>
  )
}
