// @vitest-environment happy-dom
import { afterEach, describe, expect, it, vi } from 'vitest'
import { eventReader, listen, type Flow } from './events'

const read = (pieces: string[]) => {
  const events: [string, unknown][] = []
  const take = eventReader((name, data) => events.push([name, data]))
  pieces.forEach(take)
  return events
}

describe('a stream of events', () => {
  const text = ': hello\n\nevent: gone\ndata: {"appointment":\ndata: "A1"}\n\ndata: 1\r\n\r\n'
  const events = [
    ['gone', { appointment: 'A1' }],
    ['message', 1],
  ]

  it('is read whole', () => {
    expect(read([text])).toEqual(events)
  })

  it('is read however it is cut', () => {
    for (let cut = 1; cut < text.length; cut++)
      expect(read([text.slice(0, cut), text.slice(cut)]), `cut at ${cut}`).toEqual(events)
    expect(read([...text])).toEqual(events)
  })

  it('passes over what is no JSON, and keeps an event that is not finished', () => {
    expect(read(['data: {\n\nevent: x\ndata: 2\n'])).toEqual([])
  })
})

describe('listening', () => {
  afterEach(() => {
    vi.unstubAllGlobals()
    vi.useRealTimers()
  })

  /** A server whose streams the test holds. */
  function server() {
    const streams: ReadableStreamDefaultController<Uint8Array>[] = []
    let status = 200
    vi.stubGlobal('fetch', async (_: string, { signal }: { signal: AbortSignal }) => {
      if (status !== 200) return new Response('', { status })
      const body = new ReadableStream<Uint8Array>({
        start(controller) {
          streams.push(controller)
          signal.addEventListener('abort', () => controller.error(new Error('aborted')))
        },
      })
      return new Response(body)
    })
    const say = (text: string) => streams.at(-1)!.enqueue(new TextEncoder().encode(text))
    return { streams, say, refuse: () => (status = 401) }
  }

  function listener() {
    const flows: Flow[] = []
    const names: string[] = []
    let connected = 0
    const stop = listen({
      event: (name) => names.push(name),
      flow: (flow) => flows.push(flow),
      connected: () => connected++,
    })
    return { flows, names, stop, connections: () => connected }
  }

  it('heals after a cut, says so, and has the page read anew', async () => {
    vi.useFakeTimers()
    const { streams, say } = server()
    const { flows, names, stop, connections } = listener()
    await vi.advanceTimersByTimeAsync(0)
    say('event: hello\ndata: {"now":1}\n\n')
    await vi.advanceTimersByTimeAsync(0)
    expect(names).toEqual(['hello'])
    streams[0]!.close()
    await vi.advanceTimersByTimeAsync(0)
    expect(flows).toEqual(['connecting', 'live', 'lost'])
    await vi.advanceTimersByTimeAsync(500)
    expect(flows).toEqual(['connecting', 'live', 'lost', 'live'])
    expect(connections()).toBe(2)
    stop()
  })

  it('takes a line for dead only when it says nothing for 45 s', async () => {
    vi.useFakeTimers()
    const { say } = server()
    const { flows, stop } = listener()
    for (let i = 0; i < 10; i++) {
      await vi.advanceTimersByTimeAsync(20_000)
      say(': still here\n\n')
    }
    expect(flows).toEqual(['connecting', 'live'])
    await vi.advanceTimersByTimeAsync(45_000)
    expect(flows).toContain('lost')
    stop()
  })

  it('ends when the session has ended', async () => {
    vi.useFakeTimers()
    const { refuse } = server()
    refuse()
    const { flows } = listener()
    await vi.advanceTimersByTimeAsync(60_000)
    expect(flows).toEqual(['connecting', 'refused'])
  })
})
