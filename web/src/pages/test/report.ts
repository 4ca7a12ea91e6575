/**
 * The report of a connection test for an IT department: what was found, what to open. No name,
 * token or password. Pure.
 */
import type { DeviceFinding, Findings, RelayFinding } from '../../engine/api'
import { inspected, type Verdict } from '../../engine/check/verdict'
import type { Catalogue } from '../../i18n/test'

const percent = (share: number) => `${(share * 100).toFixed(1)} %`
const upper = (way: string) => way.toUpperCase()

export function reportOf(
  findings: Findings,
  verdict: Verdict,
  { report, screen }: Catalogue,
): string {
  const { voice, websocket, route, relays, most } = findings
  const line = (label: string, value: string) => `${label} : ${value}`
  const rate = (bits: number | null | undefined) =>
    typeof bits !== 'number'
      ? report.unknown
      : `${Math.round(bits / 1000)} kbit/s${bits >= 0.9 * most ? ` ${report.orMore}` : ''}`
  const lines = [
    report.title,
    '',
    line(report.date, new Date(findings.at).toISOString()),
    line(report.server, findings.server),
    line(report.browser, findings.browser),
    line(report.result, screen.fitness[verdict.fitness]),
    ...verdict.causes.map((cause) => `- ${screen.advice[cause]}`),
    '',
    line(report.microphone, deviceWords(findings.microphone, screen)),
    line(report.camera, deviceWords(findings.camera, screen)),
    line(
      report.websocket,
      websocket
        ? report.opened(Math.round(websocket.opened), Math.round(websocket.roundTrip))
        : report.failed,
    ),
    ...certificateLine(findings, report),
    line(report.direct, findings.direct ? report.yes : report.no),
    ...(relays ?? []).map(({ way, address, within }) =>
      line(
        report.relay(upper(way), address),
        typeof within === 'number' ? report.within(Math.round(within)) : report.failed,
      ),
    ),
    ...(relays ? [] : [report.noRelays]),
    line(report.route, route ? report.routed(upper(route.way), route.relayed) : report.failed),
    line(
      report.roundTrip,
      voice ? report.ms(Math.round(voice.roundTrip), Math.round(voice.jitter)) : report.unknown,
    ),
    line(report.lossUp, voice ? percent(voice.lost.up) : report.unknown),
    line(report.lossDown, voice ? percent(voice.lost.down) : report.unknown),
    line(report.up, rate(findings.up)),
    line(report.down, rate(findings.down)),
    '',
    ...openings(findings, report),
    '',
    `${report.raw} :`,
    JSON.stringify(findings, null, 2),
    '',
  ]
  return lines.join('\r\n') // for the editors of every system
}

/** In words, and why by its name: who mends it looks for that. */
function deviceWords(found: DeviceFinding, screen: Catalogue['screen']): string {
  if (found === 'works' || found === 'off' || found === 'untried') return screen[found]
  return `${screen.broken} (${found})`
}

function certificateLine({ certificate }: Findings, report: Catalogue['report']): string[] {
  if (!certificate) return []
  return [`${report.certificate} : ${report.shown(certificate.issuer, certificate.sha256)}`]
}

/** What a firewall should let out, and an inspection leave alone, of what they do not. */
function openings(findings: Findings, report: Catalogue['report']): string[] {
  const { websocket, relays, direct, server, certificate } = findings
  const opened = inspected(findings)
  const shut = (relays ?? []).filter(({ within }) => within === null)
  const udp = shut.filter(({ way }) => way === 'udp')
  const wanted: string[] = []
  if (!websocket) wanted.push(report.openWeb(server))
  if (opened) wanted.push(report.exempt(server))
  if (opened && certificate) wanted.push(report.compare(certificate.issuer))
  if (!direct) wanted.push(...udp.map(({ address }) => report.openDirect(address)))
  wanted.push(
    ...shut
      .filter(({ way }) => way === 'tcp' || (way === 'tls' && !opened))
      .map(({ way, address }: RelayFinding) =>
        report.openRelay(way === 'tls' ? 'TLS (TCP)' : 'TCP', address),
      ),
  )
  return wanted.length ? [`${report.open} :`, ...wanted.map((one) => `- ${one}`)] : [report.nothing]
}

/** Gives a text to whoever sits there, as a file. */
export function download(name: string, text: string): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(new Blob([text], { type: 'text/plain;charset=utf-8' }))
  link.download = name
  link.click()
  URL.revokeObjectURL(link.href)
}
