import type { ComponentChildren } from 'preact'
import { useRef, useState } from 'preact/hooks'
import { zoneWords } from '../../i18n/zone'
import { Brand, Icon } from '../../pages/parts/icons'
import { LanguageSwitch } from '../../pages/parts/LanguageSwitch'
import { PageTitle } from '../../pages/parts/PageTitle'
import type { Consent as ConsentRecord, Join, Row, TabletDay } from '../api'
import { FourTraits } from '../booking/Presence'
import { clock } from '../dates'
import { peopleOf, stateWords, titleOf, useServerNow } from '../desk/state'
import type { Flow } from '../events'
import { useDoing } from '../parts/doing'
import { CheckField, RadioField, TextField } from '../parts/Field'
import { ProblemNote } from '../parts/Problem'
import { post, type Problem } from '../request'
import { words } from '../words'
import { Aside } from './plain'
import { listed } from './steps'

type ScreenProps = {
  day?: TabletDay
  flow: Flow
  problem?: Problem
  onRetry: () => void
  onStop: () => void
}

type FrameProps = {
  title: string
  help: Record<string, string>
  flow: Flow
  onStop?: () => void
  children: ComponentChildren
}

function Screen({ title, help, flow, onStop, children }: FrameProps) {
  const { common, tablet } = words.value
  return (
    <div class="desk desk--tablet">
      <header class="desk-head">
        <Brand />
        {onStop && (
          <button type="button" class="button" onClick={onStop}>
            <Icon name="close" />
            {tablet.stop}
          </button>
        )}
        <LanguageSwitch />
      </header>
      <div role="status" class={flow === 'lost' ? 'banner banner--alert' : 'banner banner--none'}>
        {flow === 'lost' && <span class="banner-words">{common.flow.lost}</span>}
      </div>
      <div class="desk-body">
        <main class="desk-main">
          <PageTitle key={title}>{title}</PageTitle>
          {children}
        </main>
        <Aside steps={help} />
      </div>
    </div>
  )
}

type ListProps = ScreenProps & { onChoose: (row: Row) => void; onAgain: (row: Row) => void }

/** Who is expected here today. */
export function List({ day, flow, problem, onRetry, onChoose, onAgain }: ListProps) {
  const { tablet, common } = words.value
  const { list } = tablet
  const rows = listed(day?.rows ?? [])
  const now = useServerNow()
  const delay = Math.max(0, ...(day?.delays ?? []).map(({ minutes }) => minutes))
  return (
    <Screen title={list.title(day?.place.name ?? '…')} help={list.help} flow={flow}>
      <ProblemNote problem={problem} onRetry={onRetry} />
      {!day && !problem && <p role="status">{common.loading}</p>}
      {delay > 0 && <p class="note">{list.delay(delay)}</p>}
      {day && rows.length === 0 && <p class="empty">{list.empty}</p>}
      <ul>
        {rows.map((row) => {
          const { appointment } = row
          const again = row.live !== 'expected' && row.consent === 'given'
          return (
            <li key={appointment.id} class={`row row--${row.live}`}>
              <p class="row-time">
                <time>{clock(appointment.startsAt, appointment.zone)}</time>
                <span class="soft">{zoneWords(appointment.startsAt, appointment.zone)}</span>
              </p>
              <div class="row-body">
                <h2 class="row-title">{titleOf(row)}</h2>
                <p class="row-line">
                  <span class={`state state--${row.live}`}>{stateWords(row, now)}</span>
                  <span class="soft">{peopleOf(row).join(', ')}</span>
                </p>
              </div>
              <div class="row-actions">
                <button
                  type="button"
                  class="button button--primary button--large"
                  onClick={() => (again ? onAgain(row) : onChoose(row))}
                >
                  {again ? list.again : list.choose}
                  <span class="unseen"> : {titleOf(row)}</span>
                </button>
              </div>
            </li>
          )
        })}
      </ul>
    </Screen>
  )
}

type IdentityProps = ScreenProps & {
  row: Row
  onChecked: (agreed: boolean, by: string) => void
}

/** The four traits, read aloud. Who read them is declared, and kept as declared. */
export function Identity({ row, flow, day, onStop, onChecked }: IdentityProps) {
  const { tablet, common } = words.value
  const { identity } = tablet
  const [by, setBy] = useState('')
  const [told, setTold] = useState(false)
  const yes = useRef<HTMLButtonElement>(null)
  const { busy, problem, run } = useDoing()
  const check = async (agreed: boolean) => {
    // A difference stops everything: it waits for no name.
    setTold(agreed)
    if (agreed && !by.trim()) return
    const answer = await run(() =>
      post(`/api/tablet/appointments/${row.appointment.id}/identity`, { agreed, by: by.trim() }),
    )
    if (answer) onChecked(agreed, by.trim())
  }
  // Enter says no yes for anybody: the keys on the screen go away, and the answers are seen.
  const onward = (event: Event) => {
    event.preventDefault()
    yes.current!.focus()
  }
  return (
    <Screen title={identity.title} help={identity.help} flow={flow} onStop={onStop}>
      <p class="lead">{identity.read}</p>
      {row.patient && <FourTraits patient={row.patient} />}
      <form noValidate onSubmit={onward}>
        <TextField
          label={identity.by}
          help={identity.byHelp}
          wrong={told && !by.trim() ? common.required : undefined}
          value={by}
          onValue={setBy}
          autocomplete="off"
        />
      </form>
      <ProblemNote problem={problem} />
      {day?.place.phone && <p class="soft">{identity.phone(day.place.phone)}</p>}
      <div class="actions actions--row">
        <button
          ref={yes}
          type="button"
          class="button button--primary button--large"
          aria-disabled={busy}
          onClick={() => void check(true)}
        >
          {identity.agreed}
        </button>
        <button
          type="button"
          class="button button--large"
          aria-disabled={busy}
          onClick={() => void check(false)}
        >
          {identity.wrong}
        </button>
      </div>
    </Screen>
  )
}

type ConsentProps = ScreenProps & {
  row: Row
  by: string
  information: string
  onDecided: (given: boolean) => void
}

/** Three sentences for the patient, their answer, and who told them how. */
export function Consent({ row, by, information, flow, onStop, onDecided }: ConsentProps) {
  const { tablet, common } = words.value
  const { consent } = tablet
  const [means, setMeans] = useState('oral')
  const [represented, setRepresented] = useState(false)
  const [representative, setRepresentative] = useState('')
  const [told, setTold] = useState(false)
  const { busy, problem, run } = useDoing()
  const lacking = represented && !representative.trim()
  const decide = async (decision: 'given' | 'refused') => {
    const given = decision === 'given'
    setTold(given)
    if (given && lacking) return
    const answer = await run(() =>
      post<ConsentRecord>(`/api/tablet/appointments/${row.appointment.id}/consent`, {
        decision,
        by,
        means,
        information,
        ...(represented && !lacking ? { representative: representative.trim() } : {}),
      }),
    )
    if (answer) onDecided(given)
  }
  return (
    <Screen title={consent.title} help={consent.help} flow={flow} onStop={onStop}>
      <ol class="say-aloud">
        {Object.values(consent.text).map((sentence) => (
          <li key={sentence}>{sentence}</li>
        ))}
      </ol>
      <RadioField
        label={consent.means}
        value={means}
        onValue={setMeans}
        options={[
          ['oral', consent.oral],
          ['written', consent.written],
        ]}
      />
      <CheckField label={consent.representative} checked={represented} onChecked={setRepresented} />
      {represented && (
        <TextField
          label={consent.who}
          value={representative}
          onValue={setRepresentative}
          wrong={told && lacking ? common.required : undefined}
          autocomplete="off"
        />
      )}
      <ProblemNote problem={problem} />
      <div class="actions actions--row">
        <button
          type="button"
          class="button button--primary button--large"
          aria-disabled={busy}
          onClick={() => void decide('given')}
        >
          {consent.given}
        </button>
        <button
          type="button"
          class="button button--large"
          aria-disabled={busy}
          onClick={() => void decide('refused')}
        >
          {consent.refused}
        </button>
      </div>
    </Screen>
  )
}

type ReadyProps = ScreenProps & { row: Row; onCall: (address: string) => void }

/** One large button. */
export function Ready({ row, flow, onStop, onCall }: ReadyProps) {
  const { call } = words.value.tablet
  const { busy, problem, run } = useDoing()
  const start = async () => {
    const answer = await run(() =>
      post<Join>(`/api/tablet/appointments/${row.appointment.id}/call`),
    )
    if (answer) onCall(answer.data.address)
  }
  return (
    <Screen title={call.title} help={call.help} flow={flow} onStop={onStop}>
      <p class="lead">{titleOf(row)}</p>
      <p class="lead">{call.text}</p>
      {problem?.code === 'too-early' ? (
        <p role="alert">{call.early}</p>
      ) : (
        <ProblemNote problem={problem} />
      )}
      <button
        type="button"
        class="button button--primary call-button"
        aria-disabled={busy}
        onClick={() => void start()}
      >
        <Icon name="camera" />
        {call.button}
      </button>
    </Screen>
  )
}
