import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Findings } from '../api'
import { measureFlow } from './flow'
import { examine, type Subject } from './index'

vi.mock('./flow', () => ({ tried: 2_000_000, measureFlow: vi.fn() }))

/** A connection that has chosen a relay over TCP, or none. */
class FakeConnection extends EventTarget {
  constructor(public connectionState: string) {
    super()
  }
  async getStats() {
    if (this.connectionState === 'closed') return new Map()
    const reports = [
      { id: 't', type: 'transport', selectedCandidatePairId: 'p' },
      { id: 'p', type: 'candidate-pair', state: 'succeeded', localCandidateId: 'l' },
      {
        id: 'l',
        type: 'local-candidate',
        candidateType: 'relay',
        relayProtocol: 'tcp',
        protocol: 'udp',
      },
    ]
    return new Map(reports.map((report) => [report.id, report]))
  }
}

const device = { wanted: true, live: true, choices: [] } as unknown as Subject['microphone']
const flows = {
  voice: { roundTrip: 30, jitter: 4, lost: { up: 0, down: 0 } },
  down: 900_000,
  up: 800_000,
}
const run = (
  connection: () => FakeConnection | undefined,
  told: (findings: Findings) => void = () => {},
  stop = new AbortController(),
) =>
  examine(
    {
      url: new URL('ws://visio.example.org/ws'),
      iceServers: [],
      connection: connection as unknown as Subject['connection'],
      microphone: device,
      camera: device,
    },
    told,
    stop.signal,
  )

beforeEach(() => {
  vi.stubGlobal('navigator', { userAgent: 'Firefox' })
  vi.stubGlobal(
    'WebSocket',
    class {
      onclose: (() => void) | null = null
      constructor() {
        queueMicrotask(() => this.onclose?.())
      }
      close() {}
    },
  )
  vi.mocked(measureFlow)
    .mockReset()
    .mockImplementation(async (_, tell) => tell(flows))
})
afterEach(() => vi.unstubAllGlobals())

test('the flows are measured over the connection of the call, and its route is told', async () => {
  const connection = new FakeConnection('connected')
  const told: Findings[] = []
  const findings = await run(
    () => connection,
    (more) => told.push(more),
  )
  expect(findings).toMatchObject({
    ...flows,
    websocket: null,
    relays: null,
    route: { relayed: true, way: 'tcp' },
    direct: false,
    microphone: 'works',
  })
  expect(told.at(-1)).toEqual(findings)
})

test('a call that has taken another connection meanwhile is measured over that one', async () => {
  const [old, next] = [new FakeConnection('connected'), new FakeConnection('connected')]
  let current = old
  vi.mocked(measureFlow).mockImplementationOnce(async (_, tell) => {
    old.connectionState = 'closed'
    current = next
    tell({ voice: null, down: null, up: null })
  })
  expect(await run(() => current)).toMatchObject({ ...flows, route: { relayed: true, way: 'tcp' } })
  expect(vi.mocked(measureFlow).mock.calls.map(([connection]) => connection)).toEqual([old, next])
})

test('whoever has seen enough is not measured again', async () => {
  const stop = new AbortController()
  let current = new FakeConnection('connected')
  vi.mocked(measureFlow).mockImplementationOnce(async () => {
    stop.abort()
    current = new FakeConnection('connected')
  })
  await run(
    () => current,
    () => {},
    stop,
  )
  expect(measureFlow).toHaveBeenCalledTimes(1)
})

test.each([
  ['none', undefined],
  ['one that is closed', new FakeConnection('closed')],
])('where there is %s, nothing passes', async (_, connection) => {
  expect(await run(() => connection)).toMatchObject({
    route: null,
    direct: false,
    voice: null,
    down: null,
    up: null,
  })
  expect(measureFlow).not.toHaveBeenCalled()
})
