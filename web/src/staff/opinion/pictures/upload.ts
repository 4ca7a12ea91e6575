import { orderOf } from '../../../pages/photo/pace'

/**
 * How a picture goes up in parts, over a link that breaks: pure. The server says where the next
 * part of each piece begins, so nothing is sent twice but the part that a break has cut off, and
 * what somebody looks at goes first.
 */
export type Upload = {
  sizes: readonly number[] // of its pieces, in bytes, as all of these
  /** What is there of each; undefined: the server has to be asked. */
  have: readonly number[] | undefined
  /** The pieces at which somebody looks. */
  looked: readonly number[]
  part: number // the length of the next one
  failures: number // in a row
  rate: number // per second, of late; 0: not known yet
}

/** From and to count the bytes of all pieces, one after the other. */
export type Step = { kind: 'ask' } | { kind: 'send'; from: number; to: number } | { kind: 'over' }

/** A shorter part would be headers for the most; at 60 kbit/s it takes a second. */
export const smallest = 8 << 10
/** What the server takes at once. */
const largest = 512 << 10
/** Three breaks, each of which cuts off a part, cost less than a tenth of the picture. */
const share = 1 / 32
const wanted = 2 // s that a part takes: as long as people wait for news
const firstPause = 500 // ms, doubled up to
const longestPause = 8_000 // ms

export const sum = (all: readonly number[]) => all.reduce((total, one) => total + one, 0)

export const begun = (sizes: readonly number[], have?: readonly number[]): Upload => ({
  sizes,
  have,
  looked: [],
  part: smallest,
  failures: 0,
  rate: 0,
})

export function stepOf({ sizes, have, looked, part }: Upload): Step {
  if (!have) return { kind: 'ask' }
  const order = orderOf(sizes.length, looked).filter((i) => have[i]! < sizes[i]!)
  const [first] = order
  if (first === undefined) return { kind: 'over' }
  const begins = sum(sizes.slice(0, first))
  const from = begins + have[first]!
  let to = begins + sizes[first]!
  // Small pieces behind each other travel together.
  for (let i = first + 1; order[i - first] === i && !have[i]; i++) to += sizes[i]!
  return { kind: 'send', from, to: Math.min(to, from + part) }
}

/** Whether a piece is there: the preview is number 0, then comes the picture at a middle size. */
export const isThere = ({ sizes, have }: Upload, piece: number) => have?.[piece] === sizes[piece]

/** What the server tells of a picture. */
type There = { have: readonly number[]; looked: readonly number[] }

/** The server has told where it is; after a part also how long that took, in seconds. */
export function told(upload: Upload, { have, looked }: There, sent = 0, seconds = 0): Upload {
  const { rate } = upload
  const now = sent && seconds ? sent / seconds : rate
  const smooth = rate ? (rate + now) / 2 : now
  const most = Math.max(smallest, Math.min(largest, sum(upload.sizes) * share))
  const part = Math.floor(Math.min(most, Math.max(smallest, smooth * wanted)))
  return { ...upload, have, looked, part, failures: 0, rate: smooth }
}

/** Nothing came back: what of it has arrived only the server knows. */
export const failed = (upload: Upload): Upload => ({
  ...upload,
  have: undefined,
  part: smallest,
  failures: upload.failures + 1,
})

/** How long to wait before the server is asked again, in ms. */
export const pauseOf = ({ failures }: Pick<Upload, 'failures'>): number =>
  failures && Math.min(longestPause, firstPause * 2 ** (failures - 1))

/** Whole minutes until it is there; undefined: nobody knows yet. */
export function minutesLeft({ sizes, have, rate }: Upload): number | undefined {
  return have && rate ? Math.floor((sum(sizes) - sum(have)) / rate / 60) : undefined
}

/** How much of it is there, in percent; 0 if nobody knows. */
export const percentOf = ({ sizes, have = [] }: Upload) =>
  Math.floor((100 * sum(have)) / sum(sizes))
