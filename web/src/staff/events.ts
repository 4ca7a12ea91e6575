/**
 * Server-sent events (HTML Standard §9.2) over fetch: EventSource hides the comments by which one
 * knows that a quiet line is alive, and the status by which one knows that a session has ended.
 */
import type { Events } from './api'

export type Listener = <K extends keyof Events>(name: K, data: Events[K]) => void

/** Where the stream is: what is shown while it is not live may be out of date. */
export type Flow = 'connecting' | 'live' | 'lost' | 'refused'

/** The server says something every 20 s: after twice that and a bit the line is taken for dead. */
const silence = 45_000 // ms
const firstPause = 500 // ms, doubled up to
const longestPause = 15_000 // ms

type Handlers = {
  event: Listener
  flow: (flow: Flow) => void
  /** Called after each (re)connection, before any event: what was missed is read anew. */
  connected: () => void
}

/**
 * Listens until it is stopped.
 *
 * Long: all of it shares the connection and its timers.
 */
export function listen({ event, flow, connected }: Handlers): () => void {
  let stopped = false
  let attempt: AbortController | undefined
  let pause = firstPause
  let wake = () => {}

  const hurry = () => {
    pause = firstPause
    wake()
  }
  const seen = () => document.visibilityState === 'visible' && hurry()
  addEventListener('online', hurry)
  document.addEventListener('visibilitychange', seen)

  const follow = async () => {
    while (!stopped) {
      attempt = new AbortController()
      const end = await once(attempt)
      if (stopped) return
      if (end === 'refused') {
        flow('refused')
        return
      }
      flow('lost')
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, pause)
        wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
      pause = Math.min(pause * 2, longestPause)
    }
  }

  const once = async (controller: AbortController): Promise<'refused' | 'over'> => {
    let watchdog = setTimeout(() => controller.abort(), silence)
    try {
      const response = await fetch('/api/events', {
        headers: { Accept: 'text/event-stream' },
        cache: 'no-store',
        signal: controller.signal,
      })
      if (response.status === 401 || response.status === 410) return 'refused'
      if (!response.ok || !response.body) return 'over'
      pause = firstPause
      flow('live')
      connected()
      const reader = response.body.getReader()
      const decoder = new TextDecoder()
      const read = eventReader((name, data) => event(name as keyof Events, data as never))
      for (;;) {
        const { done, value } = await reader.read()
        if (done) return 'over'
        clearTimeout(watchdog)
        watchdog = setTimeout(() => controller.abort(), silence)
        read(decoder.decode(value, { stream: true }))
      }
    } catch {
      return 'over'
    } finally {
      clearTimeout(watchdog)
    }
  }

  flow('connecting')
  void follow()
  return () => {
    stopped = true
    attempt?.abort()
    wake()
    removeEventListener('online', hurry)
    document.removeEventListener('visibilitychange', seen)
  }
}

/** Takes a stream in pieces, however they are cut, and gives its events. */
export function eventReader(emit: (name: string, data: unknown) => void): (piece: string) => void {
  let rest = ''
  let name = ''
  let data: string[] = []
  const line = (text: string) => {
    if (text === '') {
      if (data.length > 0) dispatch()
      name = ''
      data = []
      return
    }
    const [field, value] = split(text)
    if (field === 'event') name = value
    if (field === 'data') data.push(value)
  }
  const dispatch = () => {
    let parsed: unknown
    try {
      parsed = JSON.parse(data.join('\n'))
    } catch {
      return // not ours
    }
    emit(name || 'message', parsed)
  }
  return (piece) => {
    rest += piece
    // A "\r" at the end may be half of a line's end.
    const ends = /\r\n|\n|\r(?!$)/g
    let from = 0
    for (let match = ends.exec(rest); match; match = ends.exec(rest)) {
      line(rest.slice(from, match.index))
      from = match.index + match[0].length
    }
    rest = rest.slice(from)
  }
}

function split(text: string): [string, string] {
  const colon = text.indexOf(':')
  if (colon < 0) return [text, '']
  return [text.slice(0, colon), text.slice(colon + 1).replace(/^ /, '')]
}
