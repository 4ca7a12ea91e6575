import { useState } from 'preact/hooks'
import type { Establishment } from '../api'
import { useDoing } from '../parts/doing'
import { CheckField, TextField } from '../parts/Field'
import { ProblemNote } from '../parts/Problem'
import { useReading } from '../parts/reading'
import { post, put } from '../request'
import { readMe } from '../session'
import { words } from '../words'

const fresh = {
  name: '',
  zone: 'Europe/Paris',
  finess: '',
  closed: false,
  demo: false,
}

export function Establishments() {
  const { admin, common } = words.value
  const { data, problem, again } = useReading<Establishment[]>('/api/establishments')
  const [edited, setEdited] = useState<string>()
  const saved = async () => {
    setEdited(undefined)
    await Promise.all([again(), readMe()])
  }
  return (
    <>
      <ProblemNote problem={problem} onRetry={() => void again()} />
      {data?.length === 0 && <p class="empty">{admin.establishments.none}</p>}
      <ul class="lines-list">
        {data?.map((one) =>
          edited === one.id ? (
            <li key={one.id}>
              <EstablishmentForm
                start={one}
                onSaved={() => void saved()}
                onCancel={() => setEdited(undefined)}
              />
            </li>
          ) : (
            <li key={one.id} class="participant">
              <div>
                <strong>{one.name}</strong>{' '}
                {one.closed && <span class="chip">{admin.closedMark}</span>}
                <p class="soft">{[one.zone, one.finess].filter((part) => part).join(' · ')}</p>
              </div>
              <button type="button" class="button" onClick={() => setEdited(one.id)}>
                {common.actions.change}
                <span class="unseen"> : {one.name}</span>
              </button>
            </li>
          ),
        )}
      </ul>
      {edited === 'new' ? (
        <EstablishmentForm onSaved={() => void saved()} onCancel={() => setEdited(undefined)} />
      ) : (
        <button type="button" class="button button--primary" onClick={() => setEdited('new')}>
          {admin.establishments.add}
        </button>
      )}
    </>
  )
}

type FormProps = { start?: Establishment; onSaved: () => void; onCancel: () => void }

function EstablishmentForm({ start, onSaved, onCancel }: FormProps) {
  const { admin, common } = words.value
  const [value, setValue] = useState(start ?? fresh)
  const { busy, problem, run } = useDoing()
  const set = (part: Partial<typeof fresh>) => setValue({ ...value, ...part })
  const save = async (event: Event) => {
    event.preventDefault()
    const { name, zone, finess, closed, demo } = value
    const body = { name: name.trim(), zone: zone.trim(), finess: finess.trim(), closed, demo }
    const answer = await run(() =>
      start
        ? put(`/api/establishments/${start.id}`, { ...start, ...body }, start.version)
        : post('/api/establishments', body),
    )
    if (answer) onSaved()
  }
  return (
    <form class="form panelcard" onSubmit={(event) => void save(event)}>
      <TextField
        label={admin.name}
        value={value.name}
        onValue={(name) => set({ name })}
        required
        autocomplete="off"
      />
      <div class="pair">
        <TextField
          label={admin.establishments.zone}
          value={value.zone}
          onValue={(zone) => set({ zone })}
          required
          spellcheck={false}
          list="zones"
        />
        <TextField
          label={admin.establishments.finess}
          optional
          value={value.finess}
          onValue={(finess) => set({ finess })}
          maxLength={9}
        />
      </div>
      <datalist id="zones">
        {zones.map((zone) => (
          <option key={zone} value={zone} />
        ))}
      </datalist>
      {start && (
        <CheckField
          label={admin.closed}
          checked={value.closed}
          onChecked={(closed) => set({ closed })}
        />
      )}
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

/** The zones of France; any other of the IANA database may be typed. */
const zones = [
  'Europe/Paris',
  'America/Guadeloupe',
  'America/Martinique',
  'America/Cayenne',
  'America/Miquelon',
  'Indian/Reunion',
  'Indian/Mayotte',
  'Pacific/Noumea',
  'Pacific/Tahiti',
  'Pacific/Wallis',
]
