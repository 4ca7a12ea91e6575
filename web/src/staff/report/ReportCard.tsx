import { useEffect, useState } from 'preact/hooks'
import type { Appointment, ReportLine, ReportText, ReportView } from '../api'
import { moment } from '../dates'
import { useFollowing } from '../desk/state'
import { useDoing } from '../parts/doing'
import { AreaField, SelectField, TextField } from '../parts/Field'
import { ProblemNote } from '../parts/Problem'
import { useReading } from '../parts/reading'
import { post, problemOf, put } from '../request'
import { words } from '../words'
import { forget, keep, kept, type Wish } from './kept'

/** The report of an appointment: all its versions, and the draft that is being written. */
export function ReportCard({ appointment }: { appointment: Appointment }) {
  const { report } = words.value
  const path = `/api/appointments/${encodeURIComponent(appointment.id)}/report`
  const { data: view, problem, again } = useReading<ReportView>(path)
  useFollowing(again, ({ row }) => row?.appointment.id === appointment.id)
  return (
    <section class="panelcard" aria-labelledby="report">
      <h2 id="report">{report.title}</h2>
      <ProblemNote problem={problem} onRetry={() => void again()} />
      {view?.versions.map((line, index) => (
        <Version
          key={line.report.id}
          line={line}
          view={view}
          zone={appointment.zone}
          newest={index === 0}
          again={again}
        />
      ))}
    </section>
  )
}

type VersionProps = {
  line: ReportLine
  view: ReportView
  zone: string
  newest: boolean
  again: () => Promise<void>
}

function Version({ line, view, zone, newest, again }: VersionProps) {
  const { report } = words.value
  const { id, number, state, signedAt, forgottenAt } = line.report
  return (
    <article aria-label={report.version(number)}>
      <h3>
        {report.version(number)} <span class="chip">{report.state[state]}</span>
      </h3>
      {signedAt > 0 && <p>{report.signed(line.signer, moment(signedAt, zone))}</p>}
      {forgottenAt > 0 ? (
        <p>{report.forgotten(moment(forgottenAt, zone))}</p>
      ) : (
        <Incidents line={line} />
      )}
      {state === 'draft' && view.mayWrite ? (
        <Draft line={line} acts={view.acts} again={again} />
      ) : (
        <Told line={line} />
      )}
      {line.sent && <Way line={line} again={again} />}
      {forgottenAt === 0 && (
        <p>
          <a class="inlink" href={`/api/reports/${id}/pdf`} download>
            {report.download}
          </a>
        </p>
      )}
      {newest && state !== 'draft' && view.mayWrite && <After line={line} again={again} />}
    </article>
  )
}

function Incidents({ line }: { line: ReportLine }) {
  const { report } = words.value
  return (
    <>
      <h4>{report.incidents}</h4>
      {line.incidents.length === 0 && <p class="soft">{report.noIncident}</p>}
      <ul>
        {line.incidents.map((incident) => (
          <li key={incident}>{incident}</li>
        ))}
      </ul>
    </>
  )
}

/** What a version says that is not written any more. */
function Told({ line }: { line: ReportLine }) {
  const { report } = words.value
  return (
    <dl class="facts">
      {(['motive', 'findings', 'conclusion', 'act'] as const)
        .filter((part) => line.report[part])
        .map((part) => (
          <div key={part}>
            <dt>{report[part]}</dt>
            <dd class="written">{line.report[part]}</dd>
          </div>
        ))}
    </dl>
  )
}

/** How long until what could not be sent is sent again. */
const patience = 5_000 // ms

const textOf = ({ motive, findings, conclusion, act }: ReportText): ReportText => ({
  motive,
  findings,
  conclusion,
  act,
})

function Draft({ line, acts, again }: Pick<VersionProps, 'line' | 'again'> & { acts: string[] }) {
  const { report } = words.value
  const { id } = line.report
  const [text, setText] = useState(() => kept(id)?.text ?? textOf(line.report))
  const [version, setVersion] = useState(() => kept(id)?.version ?? line.report.version)
  const [waits, setWaits] = useState<Wish>() // the link is gone
  const [changed, setChanged] = useState(false)
  const { busy, problem, done, run } = useDoing()
  const type = (part: keyof ReportText) => (value: string) => {
    const next = { ...text, [part]: value }
    setText(next)
    keep(id, { text: next, version, sign: false })
  }
  /** Asks once. The server knows the same wish again, so that asking twice does nothing twice. */
  const ask = (wish: Wish) =>
    run(async () => {
      keep(id, wish)
      try {
        const path = `/api/reports/${encodeURIComponent(id)}`
        const answer = wish.sign
          ? await post<ReportLine>(`${path}/sign`, wish.text, wish.version)
          : await put<ReportLine>(path, wish.text, wish.version)
        forget(id)
        setWaits(undefined)
        setChanged(false)
        setVersion(answer.report.version)
        await again()
      } catch (error) {
        const { code } = problemOf(error)
        setWaits(code === 'unreached' ? wish : undefined)
        if (code === 'version') {
          await again()
          setChanged(true)
        } else if (code !== 'unreached') throw error
      }
    }, report.saved)
  useEffect(() => {
    if (!waits) return
    const timer = setInterval(() => void ask(waits), patience)
    return () => clearInterval(timer)
  }, [waits])
  // Somebody else has saved meanwhile: what was typed stays, and is saved over theirs if asked to.
  useEffect(() => {
    if (changed) setVersion(line.report.version)
    else if (!kept(id)) {
      setText(textOf(line.report))
      setVersion(line.report.version)
    }
  }, [line.report.version, changed])
  return (
    <form onSubmit={(event) => event.preventDefault()}>
      {(['motive', 'findings', 'conclusion'] as const).map((part) => (
        <AreaField
          key={part}
          label={report[part]}
          rows={part === 'findings' ? 6 : 2}
          value={text[part]}
          onValue={type(part)}
        />
      ))}
      <SelectField
        label={report.act}
        value={text.act}
        options={acts.map((code) => [code, code || report.noAct] as const)}
        onValue={type('act')}
      />
      <ProblemNote problem={problem} />
      <p role="status">{waits ? report.kept : changed ? report.changed : done}</p>
      <div class="actions actions--row">
        {([false, true] as const).map((sign) => (
          <button
            key={String(sign)}
            type="button"
            class={sign ? 'button button--primary' : 'button'}
            aria-disabled={busy}
            onClick={() => void ask({ text, version, sign })}
          >
            {sign ? report.sign : report.save}
          </button>
        ))}
      </div>
    </form>
  )
}

/** How far a version is on its way into the record, and why it is not there. */
function Way({ line, again }: Pick<VersionProps, 'line' | 'again'>) {
  const { report, common } = words.value
  const { busy, problem, run } = useDoing()
  const { state, attempts, reason, error, purpose } = line.sent!
  const resend = () =>
    run(async () => {
      await post(`/api/reports/${encodeURIComponent(line.report.id)}/resend`)
      await again()
    })
  const ways = purpose === 'report-withdrawal' ? report.taken : report.sent
  const unsent = state === 'waiting' || state === 'failed'
  const why = report.reasons[reason as keyof typeof report.reasons] ?? common.reasons[reason]
  return (
    <div data-state={state}>
      <p role="status">
        <span class={state === 'failed' ? 'chip chip--warn' : 'chip'}>{ways[state]}</span>
      </p>
      {unsent && why && <p>{why}</p>}
      {unsent && error && <p class="soft">{common.details(error)}</p>}
      {unsent && attempts > 0 && (
        <button type="button" class="button" aria-disabled={busy} onClick={() => void resend()}>
          {report.resend}
        </button>
      )}
      <ProblemNote problem={problem} />
    </div>
  )
}

/** What may be done to the newest version once it is signed. */
function After({ line, again }: Pick<VersionProps, 'line' | 'again'>) {
  const { report } = words.value
  const { id, state } = line.report
  const [why, setWhy] = useState<string>()
  const { busy, problem, run } = useDoing()
  const change = (deed: 'correct' | 'withdraw', body?: unknown) =>
    run(async () => {
      await post(`/api/reports/${encodeURIComponent(id)}/${deed}`, body)
      await again()
    })
  return (
    <>
      {why !== undefined && <TextField label={report.why} value={why} onValue={setWhy} />}
      <ProblemNote problem={problem} />
      <div class="actions actions--row">
        <button
          type="button"
          class="button"
          aria-disabled={busy}
          onClick={() => void change('correct')}
        >
          {report.correct}
        </button>
        {state === 'signed' && (
          <button
            type="button"
            class="button"
            aria-disabled={busy}
            onClick={() => (why ? void change('withdraw', { why }) : setWhy(why ?? ''))}
          >
            {report.withdraw}
          </button>
        )}
      </div>
    </>
  )
}
