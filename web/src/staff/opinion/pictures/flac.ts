/**
 * FLAC (RFC 9639) of one channel of 16 bits: without loss, since what a murmur or a crackle is may
 * be just what a codec for ears drops, in about half of the bytes, and every browser plays it from
 * its beginning on. Encoders of others are 300 kB and more; this is what a clip needs of one.
 */
import { soundRate } from '../../api'

const block = 4_096 // samples; with it and an order of 12 at most it is of the "streamable subset"
const highestOrder = 12
/** Bits of a coefficient: 16 + 12 + log2(12) stay within the 32 bits in which decoders add. */
const precision = 12
/** A block that is shorter is written as it is. */
const shortest = 64 // samples
const highestPartition = 5 // 2⁵ of a block
const atOnce = 8 // frames, before the page has its turn
const highestRice = 14 // 15 is an escape
const headerBytes = 42
/** Of a frame beside its samples: header, subframe's header, both checks. */
const frameBytes = 16

class Bits {
  readonly bytes: Uint8Array<ArrayBuffer>
  length = 0 // of whole bytes
  private held = 0
  private count = 0

  constructor(most: number) {
    this.bytes = new Uint8Array(most)
  }

  /** At most 24 bits. */
  put(value: number, bits: number): void {
    this.held = (this.held << bits) | (value & ((1 << bits) - 1))
    this.count += bits
    while (this.count >= 8) {
      this.count -= 8
      this.bytes[this.length++] = this.held >>> this.count
    }
    this.held &= (1 << this.count) - 1
  }

  rice(value: number, k: number): void {
    const folded = value < 0 ? -2 * value - 1 : 2 * value
    let high = folded >>> k
    for (; high >= 16; high -= 16) this.put(0, 16)
    this.put(1, high + 1)
    if (k) this.put(folded, k)
  }

  align(): void {
    if (this.count) this.put(0, 8 - this.count)
  }
}

function check(bytes: Uint8Array, from: number, to: number, width: 8 | 16, polynomial: number) {
  let sum = 0
  for (let i = from; i < to; i++) {
    sum ^= bytes[i]! << (width - 8)
    for (let bit = 0; bit < 8; bit++)
      sum = sum & (1 << (width - 1)) ? (sum << 1) ^ polynomial : sum << 1
  }
  return sum & ((1 << width) - 1)
}

/** Of a minute it takes a second or some, in which the page goes on. */
export async function flacOf(samples: Int16Array): Promise<Uint8Array<ArrayBuffer>> {
  const frames = Math.ceil(samples.length / block)
  const out = new Bits(headerBytes + frames * frameBytes + 2 * samples.length)
  for (const letter of 'fLaC') out.put(letter.charCodeAt(0), 8)
  out.put(0x80, 8) // one block of what is told beside the sound, and no other
  out.put(34, 24)
  out.put(block, 16)
  out.put(block, 16)
  for (let i = 0; i < 6; i++) out.put(0, 8) // sizes of frames: unknown
  out.put(soundRate, 20)
  out.put(0, 3) // one channel
  out.put(16 - 1, 5)
  out.put(0, 12) // samples in all, 36 bits
  out.put(samples.length, 24)
  for (let i = 0; i < 16; i++) out.put(0, 8) // MD5: unknown
  for (let i = 0; i < frames; i++) {
    frame(out, samples.subarray(i * block, (i + 1) * block), i)
    if (i % atOnce === atOnce - 1) await new Promise((go) => setTimeout(go))
  }
  return out.bytes.subarray(0, out.length)
}

/** A frame is numbered below 2048: a clip has 235. */
function frame(out: Bits, samples: Int16Array, number: number): void {
  const from = out.length
  const whole = samples.length === block
  out.put(0xfff8, 16)
  out.put(whole ? 0b1100 : 0b0111, 4)
  out.put(0b0101, 4) // 16 kHz
  out.put(0b0000_100_0, 8) // one channel, 16 bits
  if (number < 0x80) out.put(number, 8)
  else out.put(0xc080 | ((number >> 6) << 8) | (number & 0x3f), 16)
  if (!whole) out.put(samples.length - 1, 16)
  out.put(check(out.bytes, from, out.length, 8, 0x07), 8)
  subframe(out, samples)
  out.align()
  out.put(check(out.bytes, from, out.length, 16, 0x8005), 16)
}

function subframe(out: Bits, samples: Int16Array): void {
  const predicted = samples.length > shortest ? predict(samples) : undefined
  if (samples.every((one) => one === samples[0])) {
    out.put(0b0_000000_0, 8)
    out.put(samples[0]!, 16)
  } else if (!predicted || predicted.coded.bits >= 16 * samples.length) {
    out.put(0b0_000001_0, 8)
    for (const one of samples) out.put(one, 16)
  } else {
    const { coefficients, shift, residual, coded } = predicted
    const order = coefficients.length
    out.put(0b0_100000_0 | ((order - 1) << 1), 8)
    for (const one of samples.subarray(0, order)) out.put(one, 16)
    out.put(precision - 1, 4)
    out.put(shift, 5)
    for (const one of coefficients) out.put(one, precision)
    write(out, residual, order, coded)
  }
}

type Coded = { partition: number; rice: readonly number[]; bits: number }

type Predicted = {
  coefficients: readonly number[]
  shift: number
  residual: Int32Array
  coded: Coded
}

/** Predicts each sample by those before it (Levinson and Durbin); undefined: nothing to predict. */
function predict(samples: Int16Array): Predicted | undefined {
  const { length } = samples
  const models = modelsOf(correlated(samples))
  let best: { bits: number; model: readonly number[] } | undefined
  for (const { model, error } of models) {
    const bits =
      (length / 2) * Math.max(0, Math.log2(error / length)) + model.length * (precision + 16)
    if (!best || bits < best.bits) best = { bits, model }
  }
  if (!best) return undefined
  const { coefficients, shift } = quantized(best.model)
  const order = coefficients.length
  const residual = new Int32Array(length)
  for (let i = order; i < length; i++) {
    let sum = 0
    for (let j = 0; j < order; j++) sum += coefficients[j]! * samples[i - 1 - j]!
    residual[i] = samples[i]! - (sum >> shift)
  }
  const coded = codedAs(residual, order)
  const bits = coded.bits + order * (16 + precision) + 15
  return { coefficients, shift, residual, coded: { ...coded, bits } }
}

/** By a window (Welch) that spares the ends of the block. */
function correlated(samples: Int16Array): number[] {
  const windowed = Float64Array.from(samples, (one, i) => {
    const at = (2 * i) / (samples.length - 1) - 1
    return one * (1 - at * at)
  })
  return Array.from({ length: highestOrder + 1 }, (_, lag) => {
    let sum = 0
    for (let i = lag; i < samples.length; i++) sum += windowed[i]! * windowed[i - lag]!
    return sum
  })
}

function modelsOf(correlation: readonly number[]): { model: number[]; error: number }[] {
  let error = correlation[0]!
  let model: number[] = []
  const models = []
  for (let order = 1; order <= highestOrder && error > 0; order++) {
    let reflection = correlation[order]!
    for (let j = 0; j < order - 1; j++) reflection -= model[j]! * correlation[order - 1 - j]!
    reflection /= error
    model = [...model.map((one, j) => one - reflection * model[order - 2 - j]!), reflection]
    error *= 1 - reflection * reflection
    if (model.every(Number.isFinite)) models.push({ model, error })
  }
  return models
}

function quantized(model: readonly number[]): { coefficients: number[]; shift: number } {
  const most = 2 ** (precision - 1) - 1
  const largest = Math.max(...model.map(Math.abs), 1e-9)
  const shift = Math.max(0, Math.min(15, precision - 2 - Math.floor(Math.log2(largest))))
  let left = 0 // of what was rounded off, for the next one
  const coefficients = model.map((one) => {
    left += one * 2 ** shift
    const rounded = Math.max(-most - 1, Math.min(most, Math.round(left)))
    left -= rounded
    return rounded
  })
  return { coefficients, shift }
}

/** The cheapest way to write a residual. */
function codedAs(residual: Int32Array, order: number): Coded {
  let best: Coded | undefined
  for (let partition = 0; partition <= highestPartition; partition++) {
    const length = residual.length / 2 ** partition
    if (length % 1 || length <= order) break
    const rice = []
    let bits = 6
    for (let at = 0; at < residual.length; at += length) {
      let sum = 0
      const from = Math.max(at, order)
      for (let i = from; i < at + length; i++) sum += Math.abs(residual[i]!)
      const count = at + length - from
      const mean = (2 * sum) / count
      const k = Math.max(0, Math.min(highestRice, Math.round(Math.log2(0.7 * mean + 1e-9))))
      rice.push(k)
      bits += 4 + count * (k + 1)
      for (let i = from; i < at + length; i++) bits += (2 * Math.abs(residual[i]!)) >>> k
    }
    if (!best || bits < best.bits) best = { partition, rice, bits }
  }
  return best!
}

function write(out: Bits, residual: Int32Array, order: number, coded: Coded): void {
  const length = residual.length >> coded.partition
  out.put(0, 2)
  out.put(coded.partition, 4)
  for (const [i, k] of coded.rice.entries()) {
    out.put(k, 4)
    for (let j = Math.max(i * length, order); j < (i + 1) * length; j++) out.rice(residual[j]!, k)
  }
}
