/**
 * The test of a connection, from the lobby: what works between this browser and this server, over
 * the ways and with the connection that a call takes. It is loaded when somebody asks for it.
 */
import type { ICEServer } from '../../protocol/messages'
import type { DeviceFinding, DeviceState, Findings } from '../api'
import { measureFlow, tried } from './flow'
import { connected, greet, relaysOf, routeOf, tryRelay } from './routes'

const websocketWithin = 8_000 // ms; a satellite takes two and a half seconds
const relayWithin = 6_000 // ms
const waysFirst = 2_500 // ms in which ways that are open show themselves
const mediaWithin = 15_000 // ms: relays are tried after four seconds only

/** What is tested. */
export interface Subject {
  url: URL // of the websocket
  iceServers: readonly ICEServer[]
  connection(): RTCPeerConnection | undefined // the call's own, as it is now
  microphone: DeviceState
  camera: DeviceState
}

export async function examine(
  subject: Subject,
  told: (findings: Findings) => void,
  signal: AbortSignal,
): Promise<Findings> {
  let findings: Findings = {
    at: Date.now(),
    browser: navigator.userAgent,
    server: subject.url.host,
    microphone: deviceFinding(subject.microphone),
    camera: deviceFinding(subject.camera),
    most: tried,
  }
  const tell = (more: Partial<Findings>) => {
    findings = { ...findings, ...more }
    if (!signal.aborted) told(findings)
  }
  tell({})
  const ways = Promise.all([
    greet(subject.url, websocketWithin).then((websocket) => tell({ websocket })),
    certificateOf(subject.url).then((certificate) => tell({ certificate })),
    tryRelays(subject.iceServers, tell),
  ])
  // A thin link would feel them; those that are shut are not waited for.
  await Promise.race([ways, new Promise((resolve) => setTimeout(resolve, waysFirst))])
  await Promise.all([ways, tryMedia(subject.connection, tell, signal)])
  return findings
}

/** The certificate that the server says is its own; null: it says nothing, or has none. */
async function certificateOf(websocket: URL): Promise<Findings['certificate']> {
  const url = new URL('/certificate', websocket)
  url.protocol = url.protocol.replace('ws', 'http')
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(websocketWithin) })
    return response.ok ? ((await response.json()) as Findings['certificate']) : null
  } catch {
    return null
  }
}

async function tryRelays(
  iceServers: readonly ICEServer[],
  tell: (more: Partial<Findings>) => void,
): Promise<void> {
  const relays = relaysOf(iceServers)
  if (!relays.length) return tell({ relays: null })
  const told = () => tell({ relays: relays.map(({ finding }) => ({ ...finding })) })
  told()
  await Promise.all(
    relays.map(async ({ finding, server }) => {
      finding.within = await tryRelay(server, relayWithin)
      told()
    }),
  )
}

async function tryMedia(
  current: Subject['connection'],
  tell: (more: Partial<Findings>) => void,
  signal: AbortSignal,
): Promise<void> {
  const connection = current()
  const stands = !!connection && (await connected(connection, mediaWithin))
  if (stands) await measureFlow(connection, tell, signal)
  // A call that takes another one meanwhile, after its server was started again, says nothing about
  // the network.
  if (current() !== connection && !signal.aborted) return tryMedia(current, tell, signal)
  if (!stands) return tell({ route: null, direct: false, voice: null, down: null, up: null })
  tell(
    routeOf(
      (await connection.getStats()) as unknown as ReadonlyMap<string, Record<string, unknown>>,
    ),
  )
}

function deviceFinding(device: DeviceState): DeviceFinding {
  if (device.trouble) return device.trouble
  if (!device.wanted) return device.choices.length ? 'off' : 'untried'
  return device.live ? 'works' : 'untried'
}
