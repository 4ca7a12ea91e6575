/**
 * Pictures on their way: their previews first, so that the expert soon sees what there is. They go
 * on while other pages are open, and after a reload.
 */
import { signal } from '@preact/signals'
import { plainTextOf } from '../../base64'
import type { NewPicture, Picture, PictureProgress, PictureUpload } from '../../api'
import { answerOf, get, newKey, passing, post, problemOf, type Problem } from '../../request'
import { me } from '../../session'
import { forget, isKept, keep, kept, prune } from '../../../picture/kept'
import { callGoesOn } from '../../../callLock'
import { besideCall } from './beside'
import { isSound, prepare, type Prepared } from './prepare'
import { begun, failed, isThere, pauseOf, stepOf, told, type Step, type Upload } from './upload'

export type Item = {
  key: string
  opinion: string
  sound: boolean
  picture?: string // its id, once the server knows of it
  preview?: string // its address in this page
  /** A call goes on in another page of this browser: `waits` for its end, or goes `beside` it. */
  state: 'preparing' | 'queued' | 'sending' | 'beside' | 'waits' | 'cut' | 'unreadable' | 'refused'
  anyway?: boolean // is sent beside a call
  upload?: Upload
  problem?: Problem
}

export const items = signal<readonly Item[]>([])

function change(key: string, by: Partial<Item>): void {
  items.value = items.value.map((item) => (item.key === key ? { ...item, ...by } : item))
}

export function dismiss(key: string): void {
  items.value = items.value.filter((item) => item.key !== key)
}

export const sendAnyway = (key: string) => change(key, { anyway: true })

const isForACall = ({ state }: Item) => state === 'waits' || state === 'beside'

/**
 * Whether somebody may want an item to go now that goes later because of a call: it has its turn,
 * or waits behind one that has.
 */
export const mayHurry = (item: Item) =>
  !item.anyway &&
  (isForACall(item) || (item.state === 'queued' && items.value.some(isForACall)))

/**
 * Waits while a call goes on, which the line is for, until some of a body may leave beside it, or
 * somebody does not want to wait. A request without one fits a packet. Returns how much; 0: one of
 * those who wait behind it goes first; undefined: the picture is not wanted any more.
 */
async function mayLeave(
  key: string,
  body: number,
  { whole = false, behind = () => [] }: { whole?: boolean; behind?: () => readonly string[] } = {},
): Promise<number | undefined> {
  const before = items.peek().find((item) => item.key === key)
  if (!before || before.anyway || !body || !(await callGoesOn()))
    return isWanted(key) ? Infinity : undefined
  const go = new AbortController()
  const overtakes = ({ key: other, anyway }: Item) => anyway && behind().includes(other)
  let overtaken = false
  const stop = items.subscribe((all) => {
    const item = all.find((one) => one.key === key)
    overtaken = !item?.anyway && all.some(overtakes)
    if (!item || item.anyway || overtaken) go.abort()
  })
  const most = await besideCall(go.signal, body, whole, (state) => change(key, { state }))
  stop()
  change(key, { state: before.state })
  if (!isWanted(key)) return undefined
  return go.signal.aborted && overtaken ? 0 : most
}

const isRefused = (key: string) =>
  items.peek().some((item) => item.key === key && item.state === 'refused')

const isWanted = (key: string) => items.peek().some((item) => item.key === key)

const isUntold = ({ picture, state }: Item) =>
  !picture && state !== 'unreadable' && state !== 'refused'

/**
 * Settles when the server knows of all that were chosen before this one, since the others see them
 * in the order in which it is told; or when somebody wants this one to go now.
 */
function itsTurn(key: string): Promise<void> {
  return new Promise((settle) => {
    const stop = items.subscribe((all) => {
      const place = all.findIndex((item) => item.key === key)
      const item = all[place]
      const before = all.slice(0, Math.max(place, 0)).filter(isUntold)
      const over = !item || !isUntold(item) || item.anyway || !before.length
      const waits = !over && before.some(({ state }) => state === 'waits')
      if (item && waits !== (item.state === 'waits'))
        change(key, { state: waits ? 'waits' : 'preparing' })
      if (!over) return
      settle()
      queueMicrotask(() => stop())
    })
  })
}

export const pathOf = (opinion: string, picture: string) =>
  `/api/opinions/${opinion}/pictures/${picture}`

/**
 * Work that is done in its order; it goes on whatever becomes of one of it. What waits for a call's
 * end holds up nothing: somebody may want the next one to go now.
 */
class Queue {
  private last = Promise.resolve()

  add(key: string, work: () => Promise<void>): void {
    const safely = () =>
      work().catch((error) => change(key, { state: 'refused', problem: problemOf(error) }))
    this.last = this.last.then(async () => {
      let stop = () => {}
      const waits = new Promise<void>((settle) => {
        stop = items.subscribe((all) => {
          const item = all.find((one) => one.key === key)
          if (!item || item.state === 'waits') settle()
        })
      })
      await Promise.race([safely(), waits])
      stop()
    })
  }
}
const promises = new Queue()

/** Settles when the server knows of all pictures, or of one it is not to know yet. */
async function allKnown(): Promise<void> {
  const come = (all: readonly Item[]) =>
    all.some(({ picture, state }) => state === 'preparing' || (state === 'cut' && !picture)) &&
    !all.some(({ picture, state }) => state === 'waits' && !picture)
  if (!come(items.peek())) return
  await new Promise<void>((settle) => {
    const stop = items.subscribe((all) => {
      if (come(all)) return
      settle()
      queueMicrotask(() => stop())
    })
  })
}

/** A picture that the server knows of. */
type Job = { key: string; picture: Picture; bytes: Uint8Array<ArrayBuffer>; upload: Upload }

/**
 * What goes next: what somebody wants to go now, then the previews of all pictures, then what
 * somebody looks at, by its id, then all pictures at a middle size, then the rest of each.
 */
const chosen = (jobs: readonly Job[], looked: string) =>
  jobs.find(({ key }) => items.peek().some((item) => item.key === key && item.anyway)) ??
  jobs.find(({ picture, upload }) => !picture.sound && !isThere(upload, 0)) ??
  jobs.find(({ picture }) => picture.id === looked) ??
  jobs.find(({ upload }) => !isThere(upload, 1)) ??
  jobs[0]

/** One part at a time has the link. */
class Uploads {
  private jobs: readonly Job[] = []
  private looked = ''
  private running = false

  add(job: Job): void {
    this.jobs = [...this.jobs, job]
    if (!this.running) void this.run()
    else items.value = [...items.value] // whoever waits looks whether this one goes first
  }

  private async run(): Promise<void> {
    this.running = true
    for (;;) {
      await allKnown()
      const job = chosen(this.jobs, this.looked)
      if (!job) break
      const more = await this.goesOn(job).catch((error) => {
        change(job.key, { state: 'refused', problem: problemOf(error) })
        return false
      })
      if (more) continue
      this.jobs = this.jobs.filter((one) => one !== job)
      await forget(job.picture.id)
      if (!isRefused(job.key)) dismiss(job.key)
    }
    this.running = false
  }

  /** Sends a part, or asks where to go on. Reports whether there is more to do. */
  private async goesOn(job: Job): Promise<boolean> {
    const { key, upload } = job
    const step = stepOf(upload)
    if (step.kind === 'over') return false
    const behind = () => this.jobs.filter((one) => one !== job).map((one) => one.key)
    const body = step.kind === 'send' ? step.to - step.from : 0
    const most = await mayLeave(key, body, { behind })
    if (most === undefined) return false
    if (most === 0) return true
    this.say(job, most < Infinity)
    try {
      job.upload = await this.take(job, step, most)
    } catch (error) {
      const problem = problemOf(error)
      if (!passing.has(problem.code)) {
        change(key, { state: 'refused', problem })
        return false
      }
      job.upload = failed(upload)
    }
    change(key, { upload: job.upload })
    return true
  }

  private async take({ picture, bytes, upload }: Job, step: Step, most: number): Promise<Upload> {
    const path = pathOf(picture.opinion, picture.id)
    if (step.kind !== 'send') {
      await pause(pauseOf(upload))
      return told(upload, this.heard(await get<PictureUpload>(`${path}/upload`)))
    }
    const began = performance.now()
    const { from } = step
    const to = Math.min(step.to, from + most)
    const { data } = await answerOf<PictureProgress>('PUT', `${path}?offset=${from}`, {
      body: new Blob([bytes.subarray(from, to)], { type: 'application/octet-stream' }),
      brief: true,
    })
    return told(upload, this.heard(data), to - from, (performance.now() - began) / 1000)
  }

  /** The server says with every answer what is looked at. */
  private heard<A extends PictureProgress>(answer: A): A {
    this.looked = answer.next
    return answer
  }

  private say({ key, upload }: Job, beside: boolean): void {
    for (const other of this.jobs) if (other.key !== key) change(other.key, { state: 'queued' })
    change(key, { state: upload.failures ? 'cut' : beside ? 'beside' : 'sending', upload })
  }
}
const uploads = new Uploads()

/** Sends pictures that somebody has chosen. One of which a part is there already goes on. */
export function attach(opinion: string, files: readonly Blob[], there: readonly Picture[]): void {
  for (const file of files) {
    const key = newKey()
    const item: Item = { key, opinion, sound: isSound(file), state: 'preparing' }
    items.value = [...items.value, item]
    promises.add(key, () => begin(key, opinion, file, there))
  }
}

async function begin(key: string, opinion: string, file: Blob, there: readonly Picture[]) {
  let prepared: Prepared
  try {
    prepared = await prepare(file)
  } catch {
    return change(key, { state: 'unreadable' })
  }
  const { bytes, sizes: pieces, width, height, digest } = prepared
  const sound = isSound(file)
  const cut = there.find((one) => !one.wholeAt && mine(one) && one.digest === digest)
  const size = bytes.length
  const wanted: NewPicture = { key, sound, width, height, digest, size, pieces }
  const started = await lasting(
    key,
    () =>
      cut
        ? get<PictureUpload>(`${pathOf(opinion, cut.id)}/upload`)
        : post<PictureUpload>(`/api/opinions/${opinion}/pictures`, wanted),
    cut ? 0 : JSON.stringify(wanted).length,
  )
  if (!started) return
  const { picture } = started
  change(key, { state: 'preparing', picture: picture.id, preview: previewOf(bytes, pieces) })
  await keep(picture.id, started.keep, bytes)
  change(key, { state: 'queued' })
  uploads.add({ key, picture, bytes, upload: begun(started.sizes, started.have) })
}

/** What is here need not come back from the server, over the line of a call. */
const previewOf = (bytes: Uint8Array<ArrayBuffer>, sizes: readonly number[]) =>
  sizes.length > 1
    ? `data:image/jpeg;base64,${plainTextOf(bytes.slice(0, sizes[0]).buffer)}`
    : undefined

const mine = (one: Picture) => one.madeBy === me.peek()?.person.id

/** Goes on with pictures of which a part is there, if this browser still has them. */
export async function goOn(opinion: string, there: readonly Picture[]): Promise<void> {
  void prune()
  for (const one of there) {
    const known = () => items.peek().some(({ picture }) => picture === one.id)
    if (one.wholeAt || !mine(one) || known() || !(await isKept(one.id)) || known()) continue
    const item: Item = {
      key: one.id,
      opinion,
      sound: one.sound,
      picture: one.id,
      state: 'queued',
    }
    items.value = [...items.value, item]
    promises.add(item.key, () => again(item.key, one))
  }
}

async function again(key: string, one: Picture): Promise<void> {
  const at = await lasting(key, () =>
    get<PictureUpload>(`${pathOf(one.opinion, one.id)}/upload`),
  )
  if (!at) return
  const bytes = await kept(one.id, at.keep).catch(() => undefined)
  if (!bytes) return dismiss(key)
  change(key, { preview: previewOf(bytes, at.sizes) })
  uploads.add({ key, picture: at.picture, bytes, upload: begun(at.sizes, at.have) })
}

/**
 * Asks until there is an answer; undefined: it was refused, which the item says, or
 * is not wanted any more.
 */
async function lasting<T>(
  key: string,
  asks: () => Promise<T>,
  body = 0, // bytes
): Promise<T | undefined> {
  for (let failures = 1; ; failures++) {
    await itsTurn(key)
    if ((await mayLeave(key, body, { whole: true })) === undefined) return undefined
    try {
      return await asks()
    } catch (error) {
      const problem = problemOf(error)
      if (!passing.has(problem.code)) {
        change(key, { state: 'refused', problem })
        return undefined
      }
      change(key, { state: 'cut' })
      await pause(pauseOf({ failures }))
    }
  }
}

/** Waits, but not longer than until the link is back. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer)
      removeEventListener('online', end)
      resolve()
    }
    const timer = setTimeout(end, ms)
    addEventListener('online', end)
  })
}
