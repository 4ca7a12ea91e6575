import { useState } from 'preact/hooks'
import type { MachineAccess, MachineList, MachineSecret, Service } from '../api'
import { moment, ownZone } from '../dates'
import { Copy } from '../parts/Copy'
import { useDoing } from '../parts/doing'
import { AreaField, CheckField, RadioField, SelectField, TextField } from '../parts/Field'
import { ProblemNote } from '../parts/Problem'
import { useReading } from '../parts/reading'
import { post } from '../request'
import { words } from '../words'
import type { SectionProps } from './AdminPage'
import { Revocable } from './Revocable'

/** The hospital's programs that make and read appointments by FHIR, each with its own key. */
export function Machines({ establishment }: SectionProps) {
  const { machines: sentences } = words.value.admin
  const path = `/api/establishments/${establishment}/machines`
  const { data, problem, again } = useReading<MachineList>(path)
  const [made, setMade] = useState<MachineSecret>()
  const [adding, setAdding] = useState(false)
  const added = (answer: MachineSecret) => {
    setMade(answer)
    setAdding(false)
    void again()
  }
  if (data && !data.enabled) return <p class="empty">{sentences.off}</p>
  return (
    <section class="panelcard" aria-label={sentences.title}>
      <ProblemNote problem={problem} onRetry={() => void again()} />
      {data && <p class="soft">{sentences.address(data.base)}</p>}
      {data?.items.length === 0 && <p class="soft">{sentences.none}</p>}
      <Revocable
        path={path}
        items={data?.items ?? []}
        again={again}
        mark={({ access }) => sentences.access[access]}
        state={({ seenAt }) =>
          seenAt ? sentences.seen(moment(seenAt, ownZone)) : sentences.unseen
        }
        sentences={sentences}
      />
      {made && data && <Key made={made} endpoint={data.endpoint} />}
      {adding ? (
        <MachineForm
          establishment={establishment}
          path={path}
          onMade={added}
          onCancel={() => setAdding(false)}
        />
      ) : (
        <button
          type="button"
          class="button button--primary"
          onClick={() => {
            setAdding(true)
            setMade(undefined)
          }}
        >
          {sentences.add}
        </button>
      )}
    </section>
  )
}

/** What whoever sets the program up has to be given. The secret is shown this once. */
function Key({ made, endpoint }: { made: MachineSecret; endpoint: string }) {
  const { machines: sentences } = words.value.admin
  return (
    <div class="note" role="status">
      <p>{sentences.give}</p>
      <dl class="facts">
        <dt>client_id</dt>
        <dd>
          <code>{made.machine.id}</code>
        </dd>
        {made.secret && (
          <>
            <dt>client_secret</dt>
            <dd>
              <code class="secret">{made.secret}</code>
              <p>
                <Copy text={made.secret} />
              </p>
            </dd>
          </>
        )}
        <dt>{sentences.endpoint}</dt>
        <dd>
          <code class="secret">{endpoint}</code>
        </dd>
      </dl>
      {made.secret && <p class="soft">{sentences.once}</p>}
    </div>
  )
}

type FormProps = {
  establishment: string
  path: string
  onMade: (made: MachineSecret) => void
  onCancel: () => void
}

type Way = 'secret' | 'publicKey' | 'certificate'

function MachineForm({ establishment, path, onMade, onCancel }: FormProps) {
  const { admin, common } = words.value
  const { machines: sentences } = admin
  const { data: services } = useReading<Service[]>(`/api/establishments/${establishment}/services`)
  const [name, setName] = useState('')
  const [access, setAccess] = useState<MachineAccess>('write')
  const [way, setWay] = useState<Way>('secret')
  const [shown, setShown] = useState('')
  const [authority, setAuthority] = useState('')
  const [service, setService] = useState('')
  const [invite, setInvite] = useState(false)
  const [links, setLinks] = useState(false)
  const { busy, problem, run } = useDoing()
  const add = async (event: Event) => {
    event.preventDefault()
    const writes = access === 'write'
    const answer = await run(() =>
      post<MachineSecret>(path, {
        name: name.trim(),
        access,
        authority: authority.trim(),
        service,
        invite: writes && invite,
        links: writes && links,
        publicKey: way === 'publicKey' ? shown : '',
        certificate: way === 'certificate' ? shown.trim() : '',
      }),
    )
    if (answer) onMade(answer.data)
  }
  return (
    <form class="form subform" onSubmit={(event) => void add(event)}>
      <TextField label={admin.name} value={name} onValue={setName} required autocomplete="off" />
      <RadioField
        label={sentences.may}
        value={access}
        onValue={(value) => setAccess(value as MachineAccess)}
        options={[
          ['write', sentences.access.write],
          ['read', sentences.access.read],
        ]}
      />
      <RadioField
        label={sentences.way}
        value={way}
        onValue={(value) => {
          setWay(value as Way)
          setShown('')
        }}
        options={[
          ['secret', sentences.ways.secret],
          ['publicKey', sentences.ways.publicKey],
          ['certificate', sentences.ways.certificate],
        ]}
      />
      {way === 'publicKey' && (
        <AreaField
          label={sentences.publicKey}
          help={sentences.publicKeyHelp}
          rows={4}
          required
          spellcheck={false}
          value={shown}
          onValue={setShown}
        />
      )}
      {way === 'certificate' && (
        <TextField
          label={sentences.certificate}
          value={shown}
          onValue={setShown}
          required
          autocomplete="off"
        />
      )}
      <div class="pair">
        <TextField
          label={sentences.authority}
          help={sentences.authorityHelp}
          optional
          value={authority}
          onValue={setAuthority}
          autocomplete="off"
        />
        <SelectField
          label={sentences.service}
          optional
          value={service}
          onValue={setService}
          options={[
            ['', sentences.noService],
            ...(services ?? []).map(({ id, name: title }) => [id, title] as const),
          ]}
        />
      </div>
      {access === 'write' && (
        <>
          <CheckField label={sentences.invite} checked={invite} onChecked={setInvite} />
          <CheckField label={sentences.links} checked={links} onChecked={setLinks} />
        </>
      )}
      <ProblemNote problem={problem} />
      <div class="actions actions--row">
        <button class="button button--primary" aria-disabled={busy}>
          {sentences.add}
        </button>
        <button type="button" class="button" onClick={onCancel}>
          {common.actions.cancel}
        </button>
      </div>
    </form>
  )
}
