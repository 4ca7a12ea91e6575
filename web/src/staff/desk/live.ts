/** The day that is shown, and the stream that keeps it true while the staff's pages are open. */
import { signal } from '@preact/signals'
import type {
  Day,
  Delay,
  Device,
  Me,
  Message,
  OpinionTold,
  Received,
  Row,
  ThreadLine,
} from '../api'
import { watchClock } from '../clock'
import { dateIn } from '../dates'
import { listen, type Flow } from '../events'
import { Newest } from '../newest'
import { get, problemOf, query, type Problem } from '../request'
import { hearCall, readCalls } from '../opinion/calls'
import { consults, me, readMe, receives, tellMe } from '../session'
import { hear, readLines } from '../thread/lines'
import { Bell, withDelay, withoutRow, withRow } from './rows'

export const flow = signal<Flow>('connecting')
/** How often the stream came back: whoever shows something else than the day reads it anew. */
export const connections = signal(0)
export const day = signal<Day | undefined>(undefined)
export const dayTrouble = signal<Problem | undefined>(undefined)
/** Today's rows whatever day is shown: it rings for today. */
export const today = signal<Day | undefined>(undefined)
export const ringing = signal<Row[]>([])
/** The server's clock less ours, in ms. */
export const skew = signal(0)

/** What the stream tells of, one at a time. */
export type Told = {
  row?: Row
  message?: Message
  device?: Device
  received?: Received
  opinion?: OpinionTold
}

/** The last that was told. */
export const told = signal<Told>({})

const bell = new Bell()
let shown = { date: '', establishment: '' }

export function showDay(date: string, establishment: string): void {
  const same = shown.date === date && shown.establishment === establishment
  shown = { date, establishment }
  if (!same) day.value = undefined
  void readDay()
}

const days = new Newest<Day>()
const todays = new Newest<Day>()

export async function readDay(): Promise<void> {
  try {
    const { date, establishment } = shown
    const read = await days.ask(() => get<Day>(`/api/day${query({ date, establishment })}`))
    if (!read) return
    skew.value = read.now - Date.now()
    dayTrouble.value = undefined
    day.value = read
    if (date || establishment) await readToday()
    else {
      todays.tell(() => read)
      today.value = read
    }
    look()
  } catch (error) {
    dayTrouble.value = problemOf(error)
  }
}

async function readToday(): Promise<void> {
  const read = await todays.ask(() => get<Day>('/api/day'))
  if (read) today.value = read
}

/** Changes both lists, as they are and as they may be on their way. */
function change(how: (list: Day, establishment: string) => Day): void {
  const { establishment } = shown
  days.tell((list) => how(list, establishment))
  todays.tell((list) => how(list, ''))
  if (day.value) day.value = how(day.value, establishment)
  if (today.value) today.value = how(today.value, '')
}

function look(): void {
  ringing.value = bell.ringing(today.value?.appointments ?? [])
}

export function hush(appointment: string): void {
  bell.hush(appointment)
  look()
}

/** A change that this page made itself is shown before the stream tells it. */
export function seen(row: Row): void {
  change((list, establishment) => withRow(list, row, establishment))
  told.value = { row }
  look()
}

/** The page stays open for weeks: at midnight today's list becomes another. */
function lookAtClock(moved: boolean): void {
  const shownToday = today.value
  const date = shownToday && dateIn(Date.now() + skew.value, shownToday.zone)
  if (moved || (shownToday && date !== shownToday.date)) void readDay()
}

export function startLive(): () => void {
  const stops = [watchClock(lookAtClock), follow()]
  return () => stops.forEach((stop) => stop())
}

function follow(): () => void {
  return listen({
    flow: (now) => {
      flow.value = now
      if (now === 'refused') void readMe()
    },
    connected: () => {
      connections.value++
      if (me.peek()) void readMe() // rights that changed before it listened, or during a cut
      if (consults.peek()) void readCalls().catch(() => {}) // the page of the opinion says it, too
      if (receives.peek()) void readLines().catch(() => {}) // the page says so when it is opened
      void readDay()
    },
    event: (name, data) => {
      switch (name) {
        case 'hello':
          skew.value = (data as { now: number }).now - Date.now()
          break
        case 'appointment':
          seen(data as Row)
          break
        case 'gone': {
          const { appointment } = data as { appointment: string }
          change((list) => withoutRow(list, appointment))
          look()
          break
        }
        case 'arrival':
          bell.arrival(data as { appointment: string; participant: string; at: number })
          look()
          break
        case 'delay':
          change((list) => withDelay(list, data as Delay))
          break
        case 'thread':
          hear(data as ThreadLine)
          break
        case 'device':
          told.value = { device: data as Device }
          break
        case 'message':
          told.value = { message: data as Message }
          break
        case 'received':
          told.value = { received: data as Received }
          break
        case 'opinion':
          told.value = { opinion: data as OpinionTold }
          hearCall(data as OpinionTold)
          break
        case 'me':
          tellMe(data as Me)
          void readDay()
          break
        case 'ended':
          void readMe()
      }
    },
  })
}
