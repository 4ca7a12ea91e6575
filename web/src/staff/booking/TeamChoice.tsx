import { useState } from 'preact/hooks'
import { Icon } from '../../pages/parts/icons'
import type { DirectoryEntry } from '../api'
import { TextField } from '../parts/Field'
import { useReading } from '../parts/reading'
import { query } from '../request'
import { words } from '../words'
import type { Draft } from './draft'

type TeamProps = {
  draft: Pick<Draft, 'kind' | 'establishment' | 'team'>
  set: (part: Partial<Draft>) => void
}

const shown = 6 // names at once: as many as are read at a glance

/** The professionals who are expected; nobody named means the queue of the service. */
export function TeamChoice({ draft, set }: TeamProps) {
  const { team: sentences } = words.value.booking
  const [typed, setTyped] = useState('')
  const { data } = useReading<{ items: DirectoryEntry[] }>(
    `/api/directory${query({ establishment: draft.establishment, q: typed.trim() })}`,
  )
  const found = (data?.items ?? [])
    .filter(
      (entry) =>
        !draft.team.some(({ id }) => id === entry.id) &&
        (typed.trim() !== '' || entry.roles.includes('clinician')),
    )
    .slice(0, shown)
  return (
    <fieldset class="group">
      <legend>{sentences.legend}</legend>
      {draft.team.length > 0 ? (
        <ul class="chips">
          {draft.team.map(({ id, name }) => (
            <li key={id}>
              <button
                type="button"
                class="button button--on"
                aria-label={sentences.remove(name)}
                onClick={() => set({ team: draft.team.filter((one) => one.id !== id) })}
              >
                {name}
                <Icon name="close" />
              </button>
            </li>
          ))}
        </ul>
      ) : (
        draft.kind === 'consultation' && <p class="soft">{sentences.queue}</p>
      )}
      <TextField
        label={sentences.search}
        help={sentences.searchHelp}
        value={typed}
        onValue={setTyped}
        type="search"
        autocomplete="off"
      />
      <ul class="chips">
        {found.map((entry) => (
          <li key={entry.id}>
            <button
              type="button"
              class="button"
              aria-label={sentences.add(entry.name)}
              onClick={() => {
                set({ team: [...draft.team, { id: entry.id, name: entry.name }] })
                setTyped('')
              }}
            >
              + {entry.name}
              {entry.profession && <span class="soft"> {entry.profession}</span>}
            </button>
          </li>
        ))}
      </ul>
      {typed.trim() && data && found.length === 0 && <p role="status">{sentences.nobody}</p>}
    </fieldset>
  )
}
