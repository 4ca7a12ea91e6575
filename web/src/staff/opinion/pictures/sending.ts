/**
 * Pictures on their way, one after the other: their previews first, so that the expert soon sees
 * what there is. They go on while other pages are open, and after a reload.
 */
import { signal } from '@preact/signals'
import type { NewPicture, Picture, PictureUpload } from '../../api'
import { answerOf, get, newKey, passing, post, problemOf, type Problem } from '../../request'
import { me } from '../../session'
import { forget, isKept, keep, kept, prune } from '../../../picture/kept'
import { callGoesOn } from '../../../callLock'
import { besideCall } from './beside'
import { isSound, prepare, type Prepared } from './prepare'
import { begun, failed, pauseOf, stepOf, told, type Upload } from './upload'

export type Item = {
  key: string
  opinion: string
  sound: boolean
  picture?: string // its id, once the server knows of it
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

/**
 * Waits while a call goes on, which the line is for, until some of a body may leave beside it, or
 * somebody does not want to wait. Returns how much; undefined: the picture is not wanted any more.
 */
async function mayLeave(key: string, body: number, whole = false): Promise<number | undefined> {
  const before = items.peek().find((item) => item.key === key)
  if (!before || before.anyway || !(await callGoesOn())) return isWanted(key) ? Infinity : undefined
  const go = new AbortController()
  const stop = items.subscribe((all) => {
    const item = all.find((one) => one.key === key)
    if (!item || item.anyway) go.abort()
  })
  const most = await besideCall(go.signal, body, whole, (state) => change(key, { state }))
  stop()
  change(key, { state: before.state })
  return isWanted(key) ? most : undefined
}

const isWanted = (key: string) => items.peek().some((item) => item.key === key)

export const pathOf = (opinion: string, picture: string) =>
  `/api/opinions/${opinion}/pictures/${picture}`

/** One picture at a time has the link; a queue goes on whatever becomes of one in it. */
class Queue {
  /** Settles when all that is in it now is over. */
  last = Promise.resolve()

  add(key: string, work: () => Promise<void>): void {
    this.last = this.last.then(work).catch((error) => {
      change(key, { state: 'refused', problem: problemOf(error) })
    })
  }
}
const previews = new Queue()
const pictures = new Queue()

/** Sends pictures that somebody has chosen. One of which a part is there already goes on. */
export function attach(opinion: string, files: readonly Blob[], there: readonly Picture[]): void {
  for (const file of files) {
    const key = newKey()
    const item: Item = { key, opinion, sound: isSound(file), state: 'preparing' }
    items.value = [...items.value, item]
    previews.add(key, () => begin(key, opinion, file, there))
  }
}

async function begin(key: string, opinion: string, file: Blob, there: readonly Picture[]) {
  let prepared: Prepared
  try {
    prepared = await prepare(file)
  } catch {
    return change(key, { state: 'unreadable' })
  }
  const { bytes, width, height, digest, preview } = prepared
  const sound = isSound(file)
  const cut = there.find((one) => !one.wholeAt && mine(one) && one.digest === digest)
  const wanted: NewPicture = { key, sound, width, height, digest, preview, size: bytes.length }
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
  change(key, { state: 'queued', picture: picture.id })
  await keep(picture.id, started.keep, bytes)
  pictures.add(key, () => send(key, picture, bytes))
}

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
    pictures.add(item.key, () => again(item.key, one))
  }
}

async function again(key: string, one: Picture): Promise<void> {
  const at = await lasting(key, () =>
    get<PictureUpload>(`${pathOf(one.opinion, one.id)}/upload`),
  )
  if (!at) return
  const bytes = await kept(one.id, at.keep).catch(() => undefined)
  if (!bytes) return dismiss(key)
  await send(key, at.picture, bytes)
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
  for (let failures = 1; (await mayLeave(key, body, true)) !== undefined; failures++) {
    try {
      return await asks()
    } catch (error) {
      const problem = problemOf(error)
      if (!passing.has(problem.code)) {
        change(key, { state: 'refused', problem })
        return undefined
      }
      change(key, { state: 'cut' })
      await pause(pauseOf({ ...begun(0), failures }))
    }
  }
  return undefined
}

async function send(key: string, picture: Picture, bytes: Uint8Array<ArrayBuffer>) {
  await previews.last
  const path = pathOf(picture.opinion, picture.id)
  let upload = begun(bytes.length, picture.received)
  for (;;) {
    const step = stepOf(upload)
    if (step.kind === 'over') break
    const most = await mayLeave(key, step.kind === 'send' ? step.to - step.from : 0)
    if (most === undefined) break
    const state = upload.failures ? 'cut' : most < Infinity ? 'beside' : 'sending'
    change(key, { state, upload })
    try {
      if (step.kind === 'ask') {
        await pause(pauseOf(upload))
        upload = told(upload, (await get<PictureUpload>(`${path}/upload`)).picture.received)
        continue
      }
      const began = performance.now()
      const { from } = step
      const to = Math.min(step.to, from + most)
      const { data } = await answerOf<PictureUpload>('PUT', `${path}?offset=${from}`, {
        body: new Blob([bytes.subarray(from, to)], { type: 'application/octet-stream' }),
      })
      upload = told(upload, data.picture.received, to - from, (performance.now() - began) / 1000)
    } catch (error) {
      const problem = problemOf(error)
      if (!passing.has(problem.code)) {
        await forget(picture.id)
        return change(key, { state: 'refused', problem })
      }
      upload = failed(upload)
    }
  }
  await forget(picture.id)
  dismiss(key)
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
