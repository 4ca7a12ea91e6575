import { useState } from 'preact/hooks'
import type { Setting, Trial, Ways } from '../api'
import { useDoing } from '../parts/doing'
import { AreaField, CheckField, TextField } from '../parts/Field'
import { ProblemNote } from '../parts/Problem'
import { useReading } from '../parts/reading'
import { post, put, query } from '../request'
import { words } from '../words'
import type { SectionProps } from './AdminPage'

/** How long what is kept is the group's alone. */
const ofGroup = new Set([
  'audit.months',
  'figures.years',
  'opinion.days',
  'report.days',
  'thread.days',
])

const chosenHere =
  (establishment: string) =>
  ({ key }: Setting) =>
    !establishment || !ofGroup.has(key)

export function Settings({ establishment }: SectionProps) {
  const { settings: sentences } = words.value.admin
  const { data, problem, again } = useReading<Setting[]>(`/api/settings${query({ establishment })}`)
  const ways = useReading<Ways>('/api/sign-in')
  return (
    <>
      <section class="panelcard">
        <p class="soft">{sentences.text}</p>
        <ProblemNote problem={problem} onRetry={() => void again()} />
        <ul class="lines-list">
          {data?.filter(chosenHere(establishment)).map((setting) => (
            <SettingLine
              key={`${setting.key} ${setting.version}`}
              setting={setting}
              establishment={establishment}
              again={again}
            />
          ))}
        </ul>
      </section>
      <section class="panelcard" aria-labelledby="try">
        <h3 id="try">{sentences.try}</h3>
        <Try
          label={sentences.tryMail}
          path={`/api/try/mail${query({ establishment })}`}
          type="email"
        />
        <Try label={sentences.trySms} path={`/api/try/sms${query({ establishment })}`} type="tel" />
        {(ways.data?.providers.length ?? 0) > 0 && <h4>{sentences.signIn}</h4>}
        {ways.data?.providers.map(({ id, label }) => (
          <Try
            key={id}
            label={sentences.trySignIn(label)}
            path={`/api/try/sign-in/${encodeURIComponent(id)}`}
          />
        ))}
      </section>
    </>
  )
}

type LineProps = { setting: Setting; establishment: string; again: () => Promise<void> }

/** One setting, edited as what its JSON is: yes or no, a number, a text, or anything else. */
function SettingLine({ setting, establishment, again }: LineProps) {
  const { common, admin } = words.value
  const { names, inherited } = admin.settings
  const kind = kindOf(setting.value)
  const [value, setValue] = useState(() => textOf(setting.value))
  const { busy, problem, done, run } = useDoing()
  const name = names[setting.key as keyof typeof names] ?? setting.key
  const json = jsonOf(value, kind)
  const same = value === textOf(setting.value)
  const save = (event: Event) => {
    event.preventDefault()
    if (same || json === undefined) return
    void run(async () => {
      await put(
        `/api/settings/${encodeURIComponent(setting.key)}${query({ establishment })}`,
        { ...setting, establishment, value: json },
        // The group's is not changed: the establishment gets its own, which is new.
        setting.establishment === establishment ? setting.version : 0,
      )
      await again()
    }, common.saved)
  }
  const note = setting.establishment !== establishment ? inherited : undefined
  return (
    <li>
      <form class="toolbar" onSubmit={save}>
        {kind === 'yes' ? (
          <CheckField
            label={name}
            checked={value === 'true'}
            onChecked={(on) => setValue(String(on))}
          />
        ) : kind === 'other' ? (
          <AreaField
            label={name}
            help={note}
            wrong={json === undefined ? 'JSON' : undefined}
            rows={3}
            value={value}
            onValue={setValue}
          />
        ) : (
          <TextField
            label={name}
            help={note}
            type={kind === 'number' ? 'number' : 'text'}
            value={value}
            onValue={setValue}
            autocomplete="off"
          />
        )}
        <button class="button" aria-disabled={busy || same}>
          {common.actions.save}
          <span class="unseen"> : {name}</span>
        </button>
      </form>
      <p role="status">{done}</p>
      <ProblemNote problem={problem} />
    </li>
  )
}

type Kind = 'yes' | 'number' | 'text' | 'other'

export function kindOf(json: string): Kind {
  try {
    const value: unknown = JSON.parse(json)
    if (typeof value === 'boolean') return 'yes'
    if (typeof value === 'number') return 'number'
    return typeof value === 'string' ? 'text' : 'other'
  } catch {
    return 'other'
  }
}

const textOf = (json: string) => (kindOf(json) === 'text' ? (JSON.parse(json) as string) : json)

/** What was typed as JSON; undefined if it is none. */
export function jsonOf(text: string, kind: Kind): string | undefined {
  if (kind === 'text') return JSON.stringify(text)
  try {
    const value: unknown = JSON.parse(text)
    return kind === 'number' && typeof value !== 'number' ? undefined : JSON.stringify(value)
  } catch {
    return undefined
  }
}

/** « Essayer »: what was done step by step, and what the other end said. */
function Try({ label, path, type }: { label: string; path: string; type?: 'email' | 'tel' }) {
  const { common } = words.value
  const { settings: sentences } = words.value.admin
  const [to, setTo] = useState('')
  const [trial, setTrial] = useState<Trial>()
  const { busy, problem, run } = useDoing()
  const start = async (event: Event) => {
    event.preventDefault()
    setTrial(undefined)
    const answer = await run(() => post<Trial>(path, type ? { to: to.trim() } : undefined))
    if (answer) setTrial(answer.data)
  }
  return (
    <>
      <form class="toolbar" onSubmit={(event) => void start(event)}>
        {type && (
          <TextField
            label={sentences.to}
            type={type}
            value={to}
            onValue={setTo}
            required
            autocomplete="off"
          />
        )}
        <button class="button" aria-disabled={busy}>
          {label}
        </button>
      </form>
      <ProblemNote problem={problem} />
      <div role="status">
        {trial && (
          <div class={trial.works ? 'note' : 'trouble'}>
            <p class="trouble-words">{trial.works ? sentences.works : sentences.fails}</p>
            {trial.reason && <p>{common.reasons[trial.reason]}</p>}
            {trial.steps.length > 0 && <p class="soft">{sentences.steps}</p>}
            <ol class="help">
              {trial.steps.map(({ name, detail }) => (
                <li key={name}>
                  {common.steps[name]}
                  {detail && <span class="soft"> {detail}</span>}
                </li>
              ))}
            </ol>
            {trial.problem && <p class="soft">{common.details(trial.problem)}</p>}
          </div>
        )}
      </div>
    </>
  )
}
