import { useState } from 'preact/hooks'
import type { PersonView } from '../api'
import { TextField } from '../parts/Field'
import { ProblemNote } from '../parts/Problem'
import { query } from '../request'
import { words } from '../words'
import type { SectionProps } from './AdminPage'
import { useListing } from './pages'
import { PersonForm, PersonPage } from './PersonPage'

export function People({ establishment }: SectionProps) {
  const { admin, common } = words.value
  const { people: sentences } = admin
  const [typed, setTyped] = useState('')
  const [open, setOpen] = useState<string>()
  const [adding, setAdding] = useState(false)
  const { items, problem, again, more } = useListing<PersonView>(
    `/api/people${query({ establishment, q: typed.trim() })}`,
  )
  if (open)
    return (
      <PersonPage
        id={open}
        establishment={establishment}
        onBack={() => {
          setOpen(undefined)
          void again()
        }}
      />
    )
  return (
    <>
      <div class="toolbar">
        <TextField
          label={sentences.search}
          type="search"
          value={typed}
          onValue={setTyped}
          autocomplete="off"
        />
        <button type="button" class="button button--primary" onClick={() => setAdding(true)}>
          {sentences.add}
        </button>
      </div>
      {adding && (
        <PersonForm
          establishment={establishment}
          onSaved={(view) => {
            setAdding(false)
            setOpen(view.person.id)
          }}
          onExisting={(id) => {
            setAdding(false)
            setOpen(id)
          }}
          onCancel={() => setAdding(false)}
        />
      )}
      <ProblemNote problem={problem} onRetry={() => void again()} />
      {items?.length === 0 && <p class="empty">{sentences.none}</p>}
      <ul class="found">
        {items?.map(({ person, grants }) => (
          <li key={person.id}>
            <button type="button" class="item" onClick={() => setOpen(person.id)}>
              <span class="traits">
                <strong>
                  {[person.title, person.givenName, person.familyName]
                    .filter((part) => part)
                    .join(' ')}
                </strong>
                <span class="soft">
                  {[
                    person.profession,
                    [...new Set(grants.map(({ role }) => sentences.roles[role]))].join(', '),
                    person.disabledAt ? sentences.disabled : '',
                  ]
                    .filter((part) => part)
                    .join(' · ')}
                </span>
              </span>
            </button>
          </li>
        ))}
      </ul>
      {more && (
        <button type="button" class="button" onClick={() => void more()}>
          {common.actions.more}
        </button>
      )}
    </>
  )
}
