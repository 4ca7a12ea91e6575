/**
 * How a picture goes up in parts, over a link that breaks: pure. The server says where the next
 * part begins, so nothing is sent twice but the part that a break has cut off.
 */
export type Upload = {
  size: number // in bytes, as all of these
  /** Where the next part begins; undefined: the server has to be asked. */
  offset: number | undefined
  part: number // the length of the next one
  failures: number // in a row
  rate: number // per second, of late; 0: not known yet
}

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

export const begun = (size: number, offset?: number): Upload => ({
  size,
  offset,
  part: smallest,
  failures: 0,
  rate: 0,
})

export function stepOf({ size, offset, part }: Upload): Step {
  if (offset === undefined) return { kind: 'ask' }
  if (offset >= size) return { kind: 'over' }
  return { kind: 'send', from: offset, to: Math.min(size, offset + part) }
}

/** The server has told where it is; after a part also how long that took, in seconds. */
export function told(upload: Upload, offset: number, sent = 0, seconds = 0): Upload {
  const { rate } = upload
  const now = sent && seconds ? sent / seconds : rate
  const smooth = rate ? (rate + now) / 2 : now
  const most = Math.max(smallest, Math.min(largest, upload.size * share))
  const part = Math.floor(Math.min(most, Math.max(smallest, smooth * wanted)))
  return { ...upload, offset, part, failures: 0, rate: smooth }
}

/** Nothing came back: what of it has arrived only the server knows. */
export const failed = (upload: Upload): Upload => ({
  ...upload,
  offset: undefined,
  part: smallest,
  failures: upload.failures + 1,
})

/** How long to wait before the server is asked again, in ms. */
export const pauseOf = ({ failures }: Upload): number =>
  failures && Math.min(longestPause, firstPause * 2 ** (failures - 1))

/** Whole minutes until it is there; undefined: nobody knows yet. */
export function minutesLeft({ size, offset, rate }: Upload): number | undefined {
  return offset === undefined || !rate ? undefined : Math.floor((size - offset) / rate / 60)
}
