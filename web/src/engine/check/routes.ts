/**
 * Which ways lead to the server: the websocket, each relay, and what the call's own connection has
 * tried and chosen.
 */
import { subprotocol, type ICEServer } from '../../protocol/messages'
import type { Findings, RelayFinding, Way } from '../api'

const pings = 3

/** Opens another websocket and asks whether it answers; it joins nothing. */
export function greet(
  url: URL,
  patience: number,
): Promise<NonNullable<Findings['websocket']> | null> {
  return new Promise((resolve) => {
    const began = performance.now()
    const socket = new WebSocket(url, subprotocol)
    const trips: number[] = []
    let opened = 0
    let asked = 0
    const end = () => {
      clearTimeout(timer)
      socket.onclose = null
      socket.close()
      trips.sort((a, b) => a - b)
      resolve(trips.length ? { opened, roundTrip: trips[Math.floor(trips.length / 2)]! } : null)
    }
    const ask = () => {
      asked = performance.now()
      socket.send(JSON.stringify({ type: 'ping', n: trips.length }))
    }
    const timer = setTimeout(end, patience)
    socket.onclose = end
    socket.onopen = () => {
      opened = performance.now() - began
      ask()
    }
    socket.onmessage = () => {
      trips.push(performance.now() - asked)
      if (trips.length < pings) ask()
      else end()
    }
  })
}

export type Relay = { finding: RelayFinding; server: RTCIceServer }

/** Every relay that the server names, one by one (RFC 7065). */
export function relaysOf(iceServers: readonly ICEServer[]): Relay[] {
  return iceServers.flatMap((server) =>
    server.urls.flatMap((url) => {
      const [, scheme, address, transport] =
        /^(turns?):([^?]+)(?:\?transport=(udp|tcp))?$/.exec(url) ?? []
      if (!scheme || !address) return []
      const way: Way = scheme === 'turns' ? 'tls' : transport === 'tcp' ? 'tcp' : 'udp'
      return [{ finding: { way, address }, server: { ...server, urls: [url] } }]
    }),
  )
}

/** ms until the relay has given an address; null if it does not. */
export function tryRelay(server: RTCIceServer, patience: number): Promise<number | null> {
  return new Promise((resolve) => {
    const began = performance.now()
    const connection = new RTCPeerConnection({ iceServers: [server], iceTransportPolicy: 'relay' })
    const end = (within: number | null) => {
      clearTimeout(timer)
      connection.onicecandidate = null
      connection.close()
      resolve(within)
    }
    const timer = setTimeout(() => end(null), patience)
    connection.onicecandidate = ({ candidate }) => {
      if (candidate?.candidate.includes(' typ relay')) end(performance.now() - began)
      else if (!candidate) end(null)
    }
    connection.createDataChannel('')
    connection.setLocalDescription().catch(() => end(null))
  })
}

/** Waits until a connection stands; false: it does not, in that time. */
export function connected(connection: RTCPeerConnection, patience: number): Promise<boolean> {
  return new Promise((resolve) => {
    const look = () => {
      if (connection.connectionState === 'connected') end(true)
      else if (connection.connectionState === 'closed') end(false)
    }
    const end = (stands: boolean) => {
      clearTimeout(timer)
      connection.removeEventListener('connectionstatechange', look)
      resolve(stands)
    }
    const timer = setTimeout(() => end(false), patience)
    connection.addEventListener('connectionstatechange', look)
    look()
  })
}

type Report = Record<string, unknown>

/**
 * The way that a connection has taken, and whether its own checks have reached the server directly
 * over UDP.
 */
export function routeOf(stats: ReadonlyMap<string, Report>): Pick<Findings, 'route' | 'direct'> {
  const reports = [...stats.values()]
  const pairs = reports.filter((report) => report['type'] === 'candidate-pair')
  const chosen = reports.find((report) => report['type'] === 'transport')?.[
    'selectedCandidatePairId'
  ]
  // Firefox has no report of the transport, but marks the pair.
  const pair =
    pairs.find((one) => one['id'] === chosen) ??
    pairs.find((one) => one['selected'] || (one['nominated'] && one['state'] === 'succeeded'))
  const local = (one: Report) => stats.get(String(one['localCandidateId']))
  const from = pair && local(pair)
  const relayed = from?.['candidateType'] === 'relay'
  const route = from
    ? { relayed, way: String((relayed && from['relayProtocol']) || from['protocol']) as Way }
    : null
  const direct = pairs.some((one) => {
    const answered =
      one === pair || one['state'] === 'succeeded' || Number(one['responsesReceived'] ?? 0) > 0
    return (
      answered && local(one)?.['candidateType'] !== 'relay' && local(one)?.['protocol'] === 'udp'
    )
  })
  return { route, direct }
}
