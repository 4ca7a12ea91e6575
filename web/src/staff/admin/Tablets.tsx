import { useState } from 'preact/hooks'
import type { Device, DeviceCode } from '../api'
import { clock, moment, ownZone } from '../dates'
import { useFollowing } from '../desk/state'
import { useDoing } from '../parts/doing'
import { TextField } from '../parts/Field'
import { ProblemNote } from '../parts/Problem'
import { useReading } from '../parts/reading'
import { post } from '../request'
import { words } from '../words'
import { Revocable } from './Revocable'

type TabletsProps = { establishment: string; place: string; name: string }

/** The tablets of a place: each is enrolled by a code, and revoked at once. */
export function Tablets({ establishment, place, name }: TabletsProps) {
  const { places: sentences } = words.value.admin
  const path = `/api/establishments/${establishment}/places/${place}/devices`
  const { data, problem, again } = useReading<Device[]>(path)
  const [title, setTitle] = useState('')
  const [code, setCode] = useState<DeviceCode>()
  const doing = useDoing()
  useFollowing(again, ({ device }) => device?.place === place)
  const add = async (event: Event) => {
    event.preventDefault()
    const answer = await doing.run(() => post<DeviceCode>(path, { name: title.trim() }))
    if (!answer) return
    setCode(answer.data)
    setTitle('')
    await again()
  }
  const entered = data?.some(({ id, enrolledAt }) => id === code?.device.id && enrolledAt > 0)
  return (
    <section class="subform" aria-label={sentences.tabletsOf(name)}>
      <h4>{sentences.tabletsOf(name)}</h4>
      <ProblemNote problem={problem ?? doing.problem} />
      {data?.length === 0 && <p class="soft">{sentences.noTablet}</p>}
      <Revocable
        path={path}
        items={data ?? []}
        again={again}
        state={({ enrolledAt, seenAt }) =>
          enrolledAt ? sentences.seen(moment(seenAt || enrolledAt, ownZone)) : sentences.waiting
        }
        sentences={sentences}
      />
      {code && !entered && (
        <div class="note" role="status">
          <p class="code8">{sentences.code8(`${code.code.slice(0, 4)} ${code.code.slice(4)}`)}</p>
          <p>{sentences.openTablet(`${location.host}/tablet`)}</p>
          <p class="soft">{sentences.codeUntil(clock(code.expiresAt, ownZone))}</p>
        </div>
      )}
      <form class="toolbar" onSubmit={(event) => void add(event)}>
        <TextField
          label={sentences.tabletName}
          value={title}
          onValue={setTitle}
          required
          autocomplete="off"
        />
        <button class="button" aria-disabled={doing.busy}>
          {sentences.addTablet}
        </button>
      </form>
    </section>
  )
}
