import { useState } from 'preact/hooks'
import type { Place, Service } from '../api'
import { useDoing } from '../parts/doing'
import { CheckField, TextField } from '../parts/Field'
import { ProblemNote } from '../parts/Problem'
import { useReading } from '../parts/reading'
import { post, put } from '../request'
import { readMe } from '../session'
import { words } from '../words'
import type { SectionProps } from './AdminPage'
import { Tablets } from './Tablets'

export function Places({ establishment }: SectionProps) {
  const { places: sentences } = words.value.admin
  return (
    <>
      <Editable
        title={sentences.services}
        path={`/api/establishments/${establishment}/services`}
        add={sentences.addService}
        none={sentences.noService}
        establishment={establishment}
      />
      <Editable
        title={sentences.places}
        path={`/api/establishments/${establishment}/places`}
        add={sentences.addPlace}
        none={sentences.noPlace}
        establishment={establishment}
        place
      />
    </>
  )
}

type EditableProps = {
  title: string
  path: string
  add: string
  none: string
  establishment: string
  place?: boolean
}

type Entry = Service & Partial<Place>

/** A list of services or of places: they have a name, a code and an end. */
function Editable({ title, path, add, none, establishment, place = false }: EditableProps) {
  const { admin, common } = words.value
  const { data, problem, again } = useReading<Entry[]>(path)
  const [edited, setEdited] = useState<string>()
  const [tablets, setTablets] = useState<string>()
  const saved = async () => {
    setEdited(undefined)
    await Promise.all([again(), readMe()])
  }
  const form = (start?: Entry) => (
    <EntryForm
      path={path}
      place={place}
      start={start}
      establishment={establishment}
      onSaved={() => void saved()}
      onCancel={() => setEdited(undefined)}
    />
  )
  return (
    <section class="panelcard" aria-label={title}>
      <h3>{title}</h3>
      <ProblemNote problem={problem} onRetry={() => void again()} />
      {data?.length === 0 && <p class="soft">{none}</p>}
      <ul class="lines-list">
        {data?.map((one) => (
          <li key={one.id}>
            {edited === one.id ? (
              form(one)
            ) : (
              <div class="participant">
                <div>
                  <strong>{one.name}</strong>{' '}
                  {one.closed && <span class="chip">{admin.closedMark}</span>}
                  <p class="soft">{[one.code, one.phone].filter((part) => part).join(' · ')}</p>
                </div>
                <div class="actions actions--row">
                  {place && (
                    <button
                      type="button"
                      class="button"
                      aria-expanded={tablets === one.id}
                      onClick={() => setTablets(tablets === one.id ? undefined : one.id)}
                    >
                      {admin.places.tablets}
                      <span class="unseen"> : {one.name}</span>
                    </button>
                  )}
                  <button type="button" class="button" onClick={() => setEdited(one.id)}>
                    {common.actions.change}
                    <span class="unseen"> : {one.name}</span>
                  </button>
                </div>
              </div>
            )}
            {tablets === one.id && (
              <Tablets establishment={establishment} place={one.id} name={one.name} />
            )}
          </li>
        ))}
      </ul>
      {edited === 'new' ? (
        form()
      ) : (
        <button type="button" class="button button--primary" onClick={() => setEdited('new')}>
          {add}
        </button>
      )}
    </section>
  )
}

type FormProps = {
  path: string
  place: boolean
  start?: Entry
  establishment: string
  onSaved: () => void
  onCancel: () => void
}

function EntryForm({ path, place, start, establishment, onSaved, onCancel }: FormProps) {
  const { admin, common } = words.value
  const [name, setName] = useState(start?.name ?? '')
  const [code, setCode] = useState(start?.code ?? '')
  const [phone, setPhone] = useState(start?.phone ?? '')
  const [closed, setClosed] = useState(start?.closed ?? false)
  const { busy, problem, run } = useDoing()
  const save = async (event: Event) => {
    event.preventDefault()
    const body = {
      ...(start ?? { establishment }),
      name: name.trim(),
      code: code.trim(),
      closed,
      ...(place ? { phone: phone.trim() } : {}),
    }
    const answer = await run(() =>
      start ? put(`${path}/${start.id}`, body, start.version) : post(path, body),
    )
    if (answer) onSaved()
  }
  return (
    <form class="form subform" onSubmit={(event) => void save(event)}>
      <TextField label={admin.name} value={name} onValue={setName} required autocomplete="off" />
      <div class="pair">
        <TextField
          label={admin.places.code}
          optional
          value={code}
          onValue={setCode}
          autocomplete="off"
        />
        {place && (
          <TextField
            label={admin.places.phone}
            optional
            type="tel"
            value={phone}
            onValue={setPhone}
            autocomplete="off"
          />
        )}
      </div>
      {start && <CheckField label={admin.closed} checked={closed} onChecked={setClosed} />}
      <ProblemNote problem={problem} />
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
