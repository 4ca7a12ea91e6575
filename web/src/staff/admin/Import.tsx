import { useState } from 'preact/hooks'
import type { ImportLine, ImportReport } from '../api'
import { useDoing } from '../parts/doing'
import { Field } from '../parts/Field'
import { ProblemNote } from '../parts/Problem'
import { post, query } from '../request'
import { words } from '../words'
import type { SectionProps } from './AdminPage'

/** Why a line cannot be taken, by the server's stable reason. */
function whyWrong({ field = '', reason = 'form' }: ImportLine): string {
  const { columnNames, reasons } = words.value.admin.import
  const column = columnNames[field as keyof typeof columnNames] ?? field
  return `${column} : ${reasons[reason as keyof typeof reasons] ?? reasons.form}`
}

/** People out of a file: first what it would do, line by line, then the same done. */
export function Import({ establishment }: SectionProps) {
  const { import: sentences, people } = words.value.admin
  const [file, setFile] = useState<File>()
  const [report, setReport] = useState<ImportReport>()
  const { busy, problem, run } = useDoing()
  const path = `/api/establishments/${establishment}/import`
  const send = async (digest?: string) => {
    if (!file) return
    const answer = await run(() => post<ImportReport>(`${path}${query({ do: digest })}`, file))
    if (answer) setReport(answer.data)
  }
  const comma = report && (report.comma === '\t' ? sentences.tab : report.comma)
  return (
    <section class="panelcard">
      <p>{sentences.text}</p>
      <p class="soft">{sentences.columns}</p>
      <Field label={sentences.file}>
        {(attributes) => (
          <input
            class="input"
            type="file"
            accept=".csv,text/csv,text/plain"
            {...attributes}
            onChange={(event) => {
              setFile(event.currentTarget.files?.[0])
              setReport(undefined)
            }}
          />
        )}
      </Field>
      <div class="actions actions--row">
        <button
          type="button"
          class="button"
          disabled={!file}
          aria-disabled={busy}
          onClick={() => void send()}
        >
          {sentences.preview}
        </button>
        {report && !report.done && report.new + report.changed > 0 && (
          <button
            type="button"
            class="button button--primary"
            aria-disabled={busy}
            onClick={() => void send(report.digest)}
          >
            {sentences.apply}
          </button>
        )}
      </div>
      <ProblemNote problem={problem} />
      {report && (
        <>
          <div role="status" class="note">
            {report.done && <p>{sentences.applied}</p>}
            <p>{sentences.counts(report.new, report.changed, report.same, report.wrong)}</p>
            <p class="soft">{sentences.found(report.charset, comma ?? '')}</p>
            {report.wrong > 0 && <p>{sentences.leftOut}</p>}
          </div>
          <div class="scroller" tabIndex={0} role="region" aria-label={sentences.verdict}>
            <table class="table">
              <thead>
                <tr>
                  <th scope="col">{sentences.line}</th>
                  <th scope="col">{sentences.verdict}</th>
                  <th scope="col">{sentences.who}</th>
                  <th scope="col">{people.rights}</th>
                </tr>
              </thead>
              <tbody>
                {report.lines.map((line) => (
                  <tr key={line.line}>
                    <td>{line.line}</td>
                    <td>
                      <span class={line.verdict === 'wrong' ? 'chip chip--warn' : 'chip'}>
                        {(report.done ? sentences.doneVerdicts : sentences.verdicts)[line.verdict]}
                      </span>
                    </td>
                    <td>
                      {line.givenName} {line.familyName}
                      {line.verdict === 'wrong' && <p class="soft">{whyWrong(line)}</p>}
                    </td>
                    <td>{line.grants.map(({ role }) => people.roles[role]).join(', ')}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </>
      )}
    </section>
  )
}
