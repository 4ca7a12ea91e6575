import { useState } from 'preact/hooks'
import type { AuditLine, AuditPage, AuditVerdict } from '../api'
import { moment } from '../dates'
import { useDoing } from '../parts/doing'
import { TextField } from '../parts/Field'
import { ProblemNote } from '../parts/Problem'
import { post, query } from '../request'
import { zoneOf } from '../session'
import { words } from '../words'
import type { SectionProps } from './AdminPage'
import { useListing } from './pages'

const fields = [
  ['ipp', 'text'],
  ['from', 'date'],
  ['to', 'date'],
] as const

/** Who saw and did what, for whom, when: searched, and verified as a whole. */
export function Audit({ establishment }: SectionProps) {
  const { audit: sentences } = words.value.admin
  const { common, deeds } = words.value
  const [typed, setTyped] = useState({ ipp: '', from: '', to: '' })
  const [asked, setAsked] = useState(typed)
  const [only, setOnly] = useState<{ id: string; name: string }>()
  const { items, last, problem, again, more } = useListing<AuditLine, AuditPage>(
    `/api/audit${query({ establishment, ...asked, person: only?.id })}`,
  )
  const [verdict, setVerdict] = useState<AuditVerdict>()
  const doing = useDoing()
  const verify = async () => {
    setVerdict(undefined)
    const answer = await doing.run(() => post<AuditVerdict>('/api/audit/verify'))
    if (answer) setVerdict(answer.data)
  }
  return (
    <section class="panelcard">
      <form
        class="toolbar"
        onSubmit={(event) => {
          event.preventDefault()
          setAsked(typed)
        }}
      >
        {fields.map(([name, type]) => (
          <TextField
            key={name}
            label={sentences[name]}
            type={type}
            value={typed[name]}
            onValue={(value) => setTyped({ ...typed, [name]: value.trim() })}
            autocomplete="off"
          />
        ))}
        <button class="button button--primary">{sentences.search}</button>
      </form>
      <div class="actions actions--row">
        {only && (
          <button type="button" class="button button--on" onClick={() => setOnly(undefined)}>
            {sentences.everybody(only.name)}
          </button>
        )}
        <button
          type="button"
          class="button"
          aria-disabled={doing.busy}
          onClick={() => void verify()}
        >
          {sentences.verify}
        </button>
      </div>
      <div role="status">
        {verdict &&
          (verdict.holds ? (
            <p class="verdict">{sentences.holds(verdict.entries)}</p>
          ) : (
            <div class="trouble">
              <p class="trouble-words">{sentences.broken}</p>
              <p lang="en">{verdict.problem}</p>
            </div>
          ))}
      </div>
      <ProblemNote problem={problem ?? doing.problem} onRetry={() => void again()} />
      {last && <p class="soft">{sentences.kept(last.months)}</p>}
      {items?.length === 0 && <p class="empty">{sentences.none}</p>}
      {(items?.length ?? 0) > 0 && (
        <div class="scroller" tabIndex={0} role="region" aria-label={sentences.what}>
          <table class="table">
            <thead>
              <tr>
                <th scope="col">{sentences.when}</th>
                <th scope="col">{sentences.who}</th>
                <th scope="col">{sentences.what}</th>
                <th scope="col">{sentences.patient}</th>
              </tr>
            </thead>
            <tbody>
              {items?.map(({ entry, actorName, patientName }) => (
                <tr key={entry.sequence}>
                  <td>{moment(entry.at, zoneOf(entry.establishment || establishment))}</td>
                  <td>
                    {entry.actor && entry.actorKind === 'person' ? (
                      <button
                        type="button"
                        class="button"
                        aria-label={sentences.only(actorName || entry.actor)}
                        onClick={() =>
                          setOnly({ id: entry.actor, name: actorName || entry.actor })
                        }
                      >
                        {actorName || entry.actor}
                      </button>
                    ) : (
                      <>{actorName || sentences.actors[entry.actorKind]}</>
                    )}
                  </td>
                  <td>{deeds[entry.action as keyof typeof deeds] ?? entry.action}</td>
                  <td>{patientName || entry.patient}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {more && (
        <button type="button" class="button" onClick={() => void more()}>
          {common.actions.more}
        </button>
      )}
    </section>
  )
}
