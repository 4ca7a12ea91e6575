import { useEffect, useState } from 'preact/hooks'
import type { Appointment, ReportLine, ReportText, ReportView } from '../api'
import { moment } from '../dates'
import { useFollowing } from '../desk/state'
import { useDoing } from '../parts/doing'
import { AreaField, SelectField, TextField } from '../parts/Field'
import { ProblemNote } from '../parts/Problem'
import { useReading } from '../parts/reading'
import { post, type Problem } from '../request'
import { words } from '../words'
import { ask, drop, standings } from './asking'
import { keep, kept } from './kept'
import { Way } from './Way'

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
      {line.sent && (
        <Way
          sent={line.sent}
          resend={`/api/reports/${encodeURIComponent(id)}/resend`}
          again={again}
        />
      )}
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
  const [changed, setChanged] = useState(false)
  const [problem, setProblem] = useState<Problem>()
  const [done, setDone] = useState('')
  const standing = standings.value.get(id)
  const busy = standing?.state === 'asking'
  const type = (part: keyof ReportText) => (value: string) => {
    const next = { ...text, [part]: value }
    setText(next)
    keep(id, { text: next, version, sign: false, asked: false })
    if (standing?.state === 'waits') drop(id) // that text is not to be signed any more
  }
  const tell = (sign: boolean) => {
    if (busy) return // tapped twice
    setProblem(undefined)
    setDone('')
    void ask(id, { text, version, sign })
  }
  useEffect(() => {
    if (standing?.state === 'saved') {
      drop(id)
      setVersion(standing.version)
      setChanged(false)
      setDone(report.saved)
      void again()
    } else if (standing?.state === 'refused') {
      drop(id)
      if (standing.problem.code === 'version') void again().then(() => setChanged(true))
      else setProblem(standing.problem)
    }
  }, [standing])
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
      <p role="status">
        {standing?.state === 'waits' ? report.kept : changed ? report.changed : done}
      </p>
      <div class="actions actions--row">
        {([false, true] as const).map((sign) => (
          <button
            key={String(sign)}
            type="button"
            class={sign ? 'button button--primary' : 'button'}
            aria-disabled={busy}
            onClick={() => tell(sign)}
          >
            {sign ? report.sign : report.save}
          </button>
        ))}
      </div>
    </form>
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
