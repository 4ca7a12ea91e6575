import { useState } from 'preact/hooks'
import type { MeetingPlace, MemberKind, Service, ThreadOffice, ThreadPart } from '../api'
import { TeamChoice } from '../booking/TeamChoice'
import { moment, ownZone } from '../dates'
import { useDoing } from '../parts/doing'
import { CheckField, TextField } from '../parts/Field'
import { ProblemNote } from '../parts/Problem'
import { useReading } from '../parts/reading'
import { post, put, query } from '../request'
import { Erase } from '../thread/Erase'
import { words } from '../words'
import type { SectionProps } from './AdminPage'

/** Teams and sectors: who belongs to them. What they write is theirs. */
export function Threads({ establishment }: SectionProps) {
  const { thread: sentences } = words.value
  const path = `/api/establishments/${encodeURIComponent(establishment)}/threads`
  const { data, problem, again } = useReading<{ items: ThreadOffice[] }>(path)
  return (
    <>
      <ProblemNote problem={problem} onRetry={() => void again()} />
      {(['team', 'sector'] as const).map((kind) => (
        <section key={kind} class="panelcard" aria-labelledby={kind}>
          <h3 id={kind}>{sentences.office[kind].title}</h3>
          <p class="soft">{sentences.office[kind].text}</p>
          <List
            kind={kind}
            path={path}
            establishment={establishment}
            items={data?.items.filter(({ thread }) => thread.kind === kind) ?? []}
            again={again}
          />
        </section>
      ))}
    </>
  )
}

type ListProps = {
  kind: 'team' | 'sector'
  path: string
  establishment: string
  items: ThreadOffice[]
  again: () => Promise<void>
}

function List({ kind, path, establishment, items, again }: ListProps) {
  const { thread: sentences, admin, common } = words.value
  const [edited, setEdited] = useState<string>()
  const form = (start?: ThreadOffice) => (
    <ThreadForm
      kind={kind}
      path={path}
      establishment={establishment}
      start={start}
      onDone={() => {
        setEdited(undefined)
        void again()
      }}
    />
  )
  return (
    <>
      <ul class="lines-list">
        {items.map((one) => (
          <li key={one.thread.id}>
            {edited === one.thread.id ? (
              form(one)
            ) : (
              <div class="participant">
                <div>
                  <strong>{one.thread.name}</strong>{' '}
                  {one.thread.closed && <span class="chip">{admin.closedMark}</span>}
                  <p class="soft">{one.members.map(({ name }) => name).join(', ')}</p>
                </div>
                <button type="button" class="button" onClick={() => setEdited(one.thread.id)}>
                  {common.actions.change}
                  <span class="unseen"> : {one.thread.name}</span>
                </button>
              </div>
            )}
            {one.messages.length > 0 && <Traces office={one} again={again} />}
          </li>
        ))}
      </ul>
      {edited === '' ? (
        form()
      ) : (
        <button type="button" class="button" onClick={() => setEdited('')}>
          {sentences.office[kind].add}
        </button>
      )}
    </>
  )
}

type FormProps = Omit<ListProps, 'items' | 'again'> & { start?: ThreadOffice; onDone: () => void }

function ThreadForm({ kind, path, establishment, start, onDone }: FormProps) {
  const { admin, common } = words.value
  const [name, setName] = useState(start?.thread.name ?? '')
  const [closed, setClosed] = useState(start?.thread.closed ?? false)
  const [members, setMembers] = useState<ThreadPart[]>(start?.members ?? [])
  const { busy, problem, run } = useDoing()
  const save = (event: Event) => {
    event.preventDefault()
    void run(async () => {
      const body = { kind, name, closed, members }
      if (start) await put(`${path}/${start.thread.id}`, body, start.thread.version)
      else await post(path, body)
      onDone()
    })
  }
  return (
    <form class="subform" onSubmit={save}>
      <TextField label={admin.name} value={name} onValue={setName} required maxLength={80} />
      {kind === 'team' ? (
        <TeamChoice
          draft={{
            kind: 'telestaff',
            establishment,
            team: members.map(({ member, name: title }) => ({ id: member, name: title })),
          }}
          set={({ team = [] }) =>
            setMembers(
              team.map(({ id, name: title }) => ({ kind: 'person', member: id, name: title })),
            )
          }
        />
      ) : (
        <PartChoice establishment={establishment} members={members} onMembers={setMembers} />
      )}
      {start && <CheckField label={admin.closed} checked={closed} onChecked={setClosed} />}
      <ProblemNote problem={problem} />
      <div class="actions actions--row">
        <button type="submit" class="button button--primary" aria-disabled={busy}>
          {common.actions.save}
        </button>
        <button type="button" class="button" onClick={onDone}>
          {common.actions.cancel}
        </button>
      </div>
    </form>
  )
}

type PartProps = {
  establishment: string
  members: ThreadPart[]
  onMembers: (members: ThreadPart[]) => void
}

/** The services and places that a sector is made of. */
function PartChoice({ establishment, members, onMembers }: PartProps) {
  const { thread: sentences } = words.value
  const services = useReading<Service[]>(`/api/establishments/${establishment}/services`)
  const places = useReading<{ items: MeetingPlace[] }>(
    `/api/places${query({ establishment })}`,
  )
  const choice = (kind: MemberKind, id: string, title: string) => (
    <CheckField
      key={id}
      label={title}
      checked={members.some(({ member }) => member === id)}
      onChecked={(on) =>
        onMembers(
          on
            ? [...members, { kind, member: id, name: title }]
            : members.filter(({ member }) => member !== id),
        )
      }
    />
  )
  return (
    <fieldset class="group">
      <legend>{sentences.office.parts}</legend>
      <ProblemNote problem={services.problem ?? places.problem} />
      {services.data?.map(({ id, name }) => choice('service', id, name))}
      {places.data?.items.map(({ id, name, establishmentName }) =>
        choice('place', id, `${name} – ${establishmentName}`),
      )}
    </fieldset>
  )
}

/** Who wrote when, so that a message may be deleted that somebody complains of. */
function Traces({ office, again }: { office: ThreadOffice; again: () => Promise<void> }) {
  const { thread: sentences } = words.value
  return (
    <details>
      <summary>{sentences.office.traces}</summary>
      <p class="soft">{sentences.office.unread}</p>
      <ul class="lines-list">
        {office.messages.map(({ message, authorName }) => (
          <li key={message.id} class="participant">
            <span>
              {authorName}, {moment(message.at, ownZone)}
              {message.deletedAt > 0 && ` · ${sentences.office.deleted}`}
            </span>
            {message.deletedAt === 0 && (
              <Erase
                path={`/api/threads/${encodeURIComponent(office.thread.id)}`}
                message={message.id}
                about={`${authorName}, ${moment(message.at, ownZone)}`}
                again={again}
              />
            )}
          </li>
        ))}
      </ul>
    </details>
  )
}
