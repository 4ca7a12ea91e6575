/**
 * What the findings of a connection test mean for a call, in the few words that a person can be
 * told. Pure.
 */
import * as regime from '../regime'
import type { DeviceTrouble, Findings } from '../api'

/**
 * `good`: voice and picture; `fair`: a small picture; `weak`: the voice, hardly a picture; `none`:
 * no call.
 */
export type Fitness = 'good' | 'fair' | 'weak' | 'none'

/** What keeps it from being good, the gravest first. */
export type Cause =
  | 'server'
  | 'media'
  | 'uplink'
  | 'downlink'
  | 'loss'
  | 'delay'
  | 'unmeasured'
  | 'inspected'
  | 'relayed'
  | 'microphone'
  | 'camera'

export type Verdict = { fitness: Fitness; causes: Cause[] }

// bit/s each way, as measured: some four fifths of what a thin link carries. A face still moves at
// 100,000; movements can be judged (240 lines, 15 frames/s) from some 400,000 on.
const forSmallPicture = regime.modest / 2
const forPicture = regime.decent
// Share of the packets at the pace of a voice: what is repeated makes up for more in the voice than
// in the picture.
const lossNoticed = 0.03
const lossGrave = 0.1
const lossHopeless = 0.4
// ms there and back: beyond, people begin to talk over each other (ITU-T G.114: 400 ms one way at
// most)
const delayNoticed = 400

const broken: readonly string[] = [
  'refused-by-person',
  'refused-by-browser',
  'refused-by-system',
  'missing',
  'busy',
  'lost',
  'interrupted',
  'insecure',
  'failed',
] satisfies DeviceTrouble[]
const worseFirst: Fitness[] = ['none', 'weak', 'fair', 'good']

export function judge(findings: Findings): Verdict {
  const { websocket, route, voice, down, up, ...devices } = findings
  const causes: [Cause, Fitness][] = []
  // it was there when the call's media were negotiated
  if (websocket === null) causes.push(['server', route ? 'fair' : 'none'])
  if (route === null) causes.push(['media', 'none'])
  else if (voice === null || up === null || down === null) causes.push(['unmeasured', 'fair'])
  if (typeof up === 'number') causes.push(['uplink', byRate(up)])
  if (typeof down === 'number') causes.push(['downlink', byRate(down)])
  if (voice) {
    causes.push(['loss', byLoss(Math.max(voice.lost.up, voice.lost.down))])
    causes.push(['delay', voice.roundTrip > delayNoticed ? 'fair' : 'good'])
  }
  const grave = causes
    .filter(([, fitness]) => fitness !== 'good')
    .sort((a, b) => worseFirst.indexOf(a[1]) - worseFirst.indexOf(b[1]))
  const hints: Cause[] = []
  if (inspected(findings)) hints.push('inspected')
  if (route && (route.relayed || route.way !== 'udp')) hints.push('relayed')
  for (const device of ['microphone', 'camera'] as const)
    if (broken.includes(devices[device])) hints.push(device)
  return { fitness: grave[0]?.[1] ?? 'good', causes: [...grave.map(([cause]) => cause), ...hints] }
}

/**
 * Whether the network opens what is encrypted: TLS to the very port of the page carries HTTP and
 * the websocket, and nothing else. Who only passes TLS on cannot tell the relay from the page.
 */
export function inspected({ server, websocket, relays }: Findings): boolean {
  const page = server.includes(':', server.lastIndexOf(']') + 1) ? server : `${server}:443`
  return (
    !!websocket &&
    !!relays?.some(
      ({ way, address, within }) => way === 'tls' && address === page && within === null,
    )
  )
}

function byLoss(share: number): Fitness {
  if (share > lossHopeless) return 'none'
  if (share > lossGrave) return 'weak'
  return share > lossNoticed ? 'fair' : 'good'
}

/**
 * Whether a voice gets through is told by its own trial: on the thinnest links a flow measures
 * little.
 */
function byRate(rate: number): Fitness {
  if (rate < forSmallPicture) return 'weak'
  return rate < forPicture ? 'fair' : 'good'
}

/** How many of the things to find are found. */
export function progress({ websocket, relays, route, voice, down, up }: Findings): {
  done: number
  of: number
} {
  const found = [websocket, ...(relays ?? []).map(({ within }) => within), voice, down, up, route]
  return { done: found.filter((one) => one !== undefined).length, of: found.length }
}
