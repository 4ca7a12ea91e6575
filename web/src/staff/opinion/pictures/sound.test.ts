import { afterEach, expect, it, vi } from 'vitest'
import { clipOf, largestFile, samplesOf } from './sound'

afterEach(() => vi.unstubAllGlobals())

/** A browser that decodes any file into that many seconds of two channels. */
function decodes(seconds: number) {
  vi.stubGlobal(
    'OfflineAudioContext',
    class {
      constructor(
        _channels: number,
        _length: number,
        readonly rate: number,
      ) {}
      async decodeAudioData() {
        if (!seconds) throw new Error('no sound')
        const channel = new Float32Array(seconds * this.rate).fill(0.5)
        return { duration: seconds, numberOfChannels: 2, getChannelData: () => channel }
      }
    },
  )
}

it('makes one channel of several, within what 16 bits hold', () => {
  const both = [new Float32Array([0, 1, -1, 2]), new Float32Array([0, 0, -1, 2])]
  expect([...samplesOf(both)]).toEqual([0, 16384, -32767, 32767])
})

/** Samples that the header of a clip tells of. */
const samplesIn = async (clip: Blob) =>
  new DataView(await clip.arrayBuffer()).getUint32(22)

it('takes what can be decoded, for a minute at most', async () => {
  decodes(3)
  const clip = await clipOf(new Blob(['x']))
  expect([clip.type, await samplesIn(clip)]).toEqual(['audio/flac', 48_000])
  expect(clip.size, 'of one value').toBeLessThan(1_000)
  decodes(60.5)
  expect(await samplesIn(await clipOf(new Blob(['x'])))).toBe(960_000)
  decodes(62)
  await expect(clipOf(new Blob(['x']))).rejects.toMatchObject({ trouble: 'tooLong' })
  decodes(0)
  await expect(clipOf(new Blob(['x']))).rejects.toMatchObject({ trouble: 'unreadable' })
  const large = { size: largestFile + 1 } as Blob
  await expect(clipOf(large)).rejects.toMatchObject({ trouble: 'tooLarge' })
})
