/** Asks the server. What it refuses, and what it cannot be asked, is a `Refused` with a problem. */
import type { ErrorCode, Failure } from './api'

/** Why something was not done: the server's failure, or that it was not reached. */
export type Problem = Omit<Failure, 'code'> & { code: ErrorCode | 'unreached' }

/** What may be otherwise in a moment; everything else is refused for good. */
export const passing = new Set<Problem['code']>([
  'unreached',
  'signed-out',
  'store-busy',
  'store-away',
  'too-many',
  'internal',
])

export class Refused extends Error {
  constructor(readonly problem: Problem) {
    super(problem.message)
  }
}

/** A request that has no answer after this time is given up; what was typed stays on the page. */
const patience = 20_000 // ms

type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE'

type Options = {
  body?: unknown // JSON, or a file as it is
  version?: number // for If-Match
  signal?: AbortSignal
  brief?: boolean // only what is new is answered (RFC 7240)
}

type Answer<T> = { data: T; response: Response }

/** Hears that the session has ended, whichever request finds it out. */
let signedOut = () => {}
export function onSignedOut(listener: () => void): void {
  signedOut = listener
}

export const answerOf = <T>(method: Method, path: string, options: Options = {}) =>
  exchange(method, path, options, async (response): Promise<Answer<T>> => {
    const text = await response.text()
    return { data: (text ? JSON.parse(text) : undefined) as T, response }
  })

/** A file, however long it takes, as long as something of it comes. */
export const bytesOf = (path: string, signal?: AbortSignal) =>
  exchange('GET', path, { signal }, async ({ body }, alive) => {
    const reader = body!.getReader()
    const parts: Uint8Array[] = []
    for (let got = await reader.read(); !got.done; got = await reader.read()) {
      parts.push(got.value)
      alive()
    }
    return new Uint8Array(await new Blob(parts as BlobPart[]).arrayBuffer())
  })

/** Asks, and reads what is answered; `alive` says that something has come. */
async function exchange<T>(
  method: Method,
  path: string,
  { body, version, signal, brief }: Options,
  read: (response: Response, alive: () => void) => Promise<T>,
): Promise<T> {
  const headers: Record<string, string> = {}
  if (version !== undefined) headers['If-Match'] = `"${version}"`
  if (brief) headers.Prefer = 'return=minimal'
  const raw = body instanceof Blob
  if (body !== undefined && !raw) headers['Content-Type'] = 'application/json'
  const given = new AbortController()
  const stop = () => given.abort()
  let timer = setTimeout(stop, patience)
  const alive = () => {
    clearTimeout(timer)
    timer = setTimeout(stop, patience)
  }
  signal?.addEventListener('abort', stop)
  try {
    const response = await fetch(path, {
      method,
      headers,
      body: body === undefined ? undefined : raw ? body : JSON.stringify(body),
      signal: given.signal,
      cache: 'no-store',
    })
    if (response.ok) return await read(response, alive)
    throw new Refused(failureIn(await response.text(), response.status))
  } catch (error) {
    if (error instanceof Refused) {
      if (error.problem.code === 'signed-out') signedOut()
      throw error
    }
    if (signal?.aborted) throw error
    throw new Refused({ code: 'unreached', message: String(error) })
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', stop)
  }
}

/** The failure that the server told; a proxy's page in its place is read by its status. */
export function failureIn(text: string, status: number): Problem {
  try {
    const failure = JSON.parse(text) as Failure
    if (typeof failure.code === 'string') return failure
  } catch {
    // Not ours.
  }
  const codes: Record<number, Problem['code']> = {
    401: 'signed-out',
    403: 'forbidden',
    404: 'not-found',
    413: 'too-large',
    429: 'too-many',
    502: 'unreached',
    503: 'unreached',
    504: 'unreached',
  }
  return { code: codes[status] ?? 'internal', message: `HTTP ${status}` }
}

async function dataOf<T>(method: Method, path: string, options?: Options): Promise<T> {
  return (await answerOf<T>(method, path, options)).data
}

export const get = <T>(path: string, signal?: AbortSignal) => dataOf<T>('GET', path, { signal })
export const post = <T = void>(path: string, body?: unknown, version?: number) =>
  dataOf<T>('POST', path, { body, version })
export const put = <T = void>(path: string, body: unknown, version?: number) =>
  dataOf<T>('PUT', path, { body, version })
/** Nothing, where a file is there to be had. */
export const find = (path: string) => dataOf<void>('HEAD', path)
export const remove = (path: string) => dataOf<void>('DELETE', path)

/** Chance by which the server knows the same request again: sent twice, it is done once. */
export const newKey = () => crypto.randomUUID()

/** A query without what is empty. */
export function query(values: Record<string, string | undefined>): string {
  const set = new URLSearchParams()
  for (const [key, value] of Object.entries(values)) if (value) set.set(key, value)
  return set.size ? `?${set}` : ''
}

export function problemOf(error: unknown): Problem {
  if (error instanceof Refused) return error.problem
  return { code: 'internal', message: String(error) }
}
