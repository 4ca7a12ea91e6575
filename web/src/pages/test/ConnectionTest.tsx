import { useEffect, useState } from 'preact/hooks'
import type { Call, DeviceFinding, Findings, Way } from '../../engine/api'
import { judge, progress, type Verdict } from '../../engine/check/verdict'
import { language, words } from '../../i18n'
import { testWords } from '../../i18n/test'
import { Dialog } from '../parts/Dialog'
import { Icon, type IconName } from '../parts/icons'
import { download, reportOf } from './report'

type Props = {
  call: Call
  onClose: () => void
  onMissing: () => void // the part of the program that tests did not come
}

/**
 * Tests the connection while it is open: what is being found, then a verdict, what to do, and a
 * report to take away.
 */
export function ConnectionTest({ call, onClose, onMissing }: Props) {
  const { screen } = testWords.value
  const [round, setRound] = useState(0)
  const [findings, setFindings] = useState<Findings>()
  const [finished, setFinished] = useState(false)

  useEffect(() => {
    const stop = new AbortController()
    setFindings(undefined)
    setFinished(false)
    const unlessStopped = (then: () => void) => () => !stop.signal.aborted && then()
    void call.examine(setFindings, stop.signal).then(
      unlessStopped(() => setFinished(true)),
      unlessStopped(onMissing),
    )
    return () => stop.abort()
  }, [round])

  const verdict = finished && findings ? judge(findings) : undefined
  return (
    <Dialog title={screen.title} onClose={onClose}>
      <p role="status" class={verdict ? `verdict verdict--${verdict.fitness}` : undefined}>
        {verdict && <Icon name={signs[verdict.fitness]} />}
        <span>{verdict ? screen.fitness[verdict.fitness] : screen.running}</span>
      </p>
      {!verdict && (
        <progress
          class="progress-bar"
          aria-label={screen.progress}
          {...(findings && bar(findings))}
        />
      )}
      {verdict && findings && (
        <>
          <Advice verdict={verdict} />
          <div class="actions actions--row">
            {verdict.fitness !== 'none' && (
              <button type="button" class="button button--primary" onClick={onClose}>
                {words.value.actions.next}
              </button>
            )}
            <button
              type="button"
              class={verdict.fitness === 'none' ? 'button button--primary' : 'button'}
              onClick={() =>
                download(fileName(findings), reportOf(findings, verdict, testWords.value))
              }
            >
              {screen.download}
            </button>
            <button type="button" class="button" onClick={() => setRound(round + 1)}>
              {screen.again}
            </button>
          </div>
          <p class="soft">{screen.downloadHelp}</p>
        </>
      )}
      {findings && (
        <>
          <h3>{screen.results}</h3>
          <Checks findings={findings} />
        </>
      )}
    </Dialog>
  )
}

const signs: Record<Verdict['fitness'], IconName> = {
  good: 'check',
  fair: 'bars2',
  weak: 'bars1',
  none: 'warning',
}

const bar = (findings: Findings) => {
  const { done, of } = progress(findings)
  return { value: done, max: of }
}

const fileName = ({ at }: Findings) =>
  `draille-test-${new Date(at).toISOString().slice(0, 16).replaceAll(':', '')}.txt`

function Advice({ verdict: { causes } }: { verdict: Verdict }) {
  const { advice } = testWords.value.screen
  if (!causes.length) return null
  return (
    <ul class="advice">
      {causes.map((cause) => (
        <li key={cause}>{advice[cause]}</li>
      ))}
    </ul>
  )
}

type State = 'wait' | 'ok' | 'bad' | 'none'
type Row = { name: string; state: State; words: string }

const icons: Record<State, IconName> = { wait: 'clock', ok: 'check', bad: 'warning', none: 'next' }

function Checks({ findings }: { findings: Findings }) {
  return (
    <ul class="checks">
      {rows(findings).map(({ name, state, words }) => (
        <li key={name} class={`check check--${state}`}>
          <Icon name={icons[state]} />
          <span class="check-name">{name}</span> <span class="check-words">{words}</span>
        </li>
      ))}
    </ul>
  )
}

const ways: Way[] = ['udp', 'tcp', 'tls']

function rows(findings: Findings): Row[] {
  const { screen } = testWords.value
  const { websocket, relays, voice, down, up, direct, route, most } = findings
  const row = <T,>(
    name: string,
    found: T | null | undefined,
    good: (found: T) => string,
    bad: string,
  ): Row =>
    found === undefined
      ? { name, state: 'wait', words: screen.coming }
      : found === null
        ? { name, state: 'bad', words: bad }
        : { name, state: 'ok', words: good(found) }
  const rate = (bits: number) =>
    bits >= 0.9 * most ? screen.rateOrMore(megabits(most)) : screen.rate(megabits(bits))
  const relayRows = ways.flatMap((way): Row[] => {
    const all = (relays ?? []).filter((relay) => relay.way === way).map(({ within }) => within)
    if (!all.length) return []
    const best =
      all.find((within) => typeof within === 'number') ??
      (all.includes(undefined) ? undefined : null)
    return [row(screen.relay[way], best, () => screen.open, screen.shut)]
  })
  return [
    { name: screen.browser, state: 'ok', words: screen.suits },
    device(screen.microphone, findings.microphone),
    device(screen.camera, findings.camera),
    row(
      screen.websocket,
      websocket,
      ({ roundTrip }) => screen.answers(Math.round(roundTrip)),
      screen.silent,
    ),
    ...(relays
      ? relayRows
      : [
          relays === null
            ? { name: screen.relays, state: 'none' as const, words: screen.notOffered }
            : row(screen.relays, relays, String, ''),
        ]),
    row(
      screen.voice,
      voice,
      ({ lost, roundTrip }) =>
        [
          lost.up + lost.down > 0
            ? screen.lost(percent(lost.up), percent(lost.down))
            : screen.whole,
          screen.later(Math.round(roundTrip)),
        ].join(', '),
      screen.unknown,
    ),
    row(screen.down, down, rate, screen.unknown),
    row(screen.up, up, rate, screen.unknown),
    row(screen.directWay, direct === false ? null : direct, () => screen.open, screen.shut),
    row(
      screen.route,
      route,
      ({ relayed, way }) =>
        relayed ? screen.relayed : way === 'udp' ? screen.direct : screen.detour,
      screen.noWay,
    ),
  ]
}

function device(name: string, finding: DeviceFinding): Row {
  const { screen } = testWords.value
  if (finding === 'works') return { name, state: 'ok', words: screen.works }
  if (finding === 'off' || finding === 'untried')
    return { name, state: 'none', words: screen[finding] }
  return { name, state: 'bad', words: screen.broken }
}

const number = (value: number, digits: number) =>
  value.toLocaleString(language.value, { maximumFractionDigits: digits })
const megabits = (bits: number) =>
  bits < 1e6 ? `${number(bits / 1e3, 0)} kbit` : `${number(bits / 1e6, 1)} Mbit`
const percent = (share: number) => `${number(share * 100, 0)} %`
