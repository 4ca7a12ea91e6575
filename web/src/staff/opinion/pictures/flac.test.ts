import { expect, it } from 'vitest'
// of the server's own test, which decodes it
import clip from '../../../../../signaling/practice/picture/testdata/clip.flac?inline'
import { flacOf } from './flac'

/** Half a second of two tones and a little noise, the same each time, and silence behind. */
function samples(): Int16Array {
  let chance = 1
  return Int16Array.from({ length: 9_000 }, (_, i) => {
    chance = (1_103_515_245 * (chance & 0xffff) + 12_345) & 0x7fff_ffff
    return i < 8_192 ? 900 * Math.sin(i / 9) + 300 * Math.sin(i / 2.5) + (chance % 17) : 0
  })
}

it('writes what a decoder of others gives back', async () => {
  const made = String.fromCharCode(...(await flacOf(samples())))
  expect(btoa(made) === clip.split(',')[1]).toBe(true)
})

it('is never much longer than what it is given', async () => {
  let chance = 1
  const noise = Int16Array.from({ length: 20_000 }, () => {
    chance = (1_103_515_245 * chance + 12_345) % 2_147_483_648
    return chance >> 15
  })
  const { length } = await flacOf(noise)
  expect(length).toBeGreaterThan(40_000)
  expect(length).toBeLessThan(40_000 + 42 + 5 * 16)
  expect((await flacOf(new Int16Array(60 * 16_000))).length, 'silence').toBeLessThan(4_000)
})
