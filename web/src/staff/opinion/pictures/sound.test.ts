import { afterEach, expect, it, vi } from 'vitest'
import { clipOf, largestFile, secondsOf, waveOf } from './sound'

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

it('writes one channel behind the header that the server takes', () => {
  const wave = waveOf([new Float32Array([0, 1, -1, 2]), new Float32Array([0, 0, -1, 2])])
  expect(String.fromCharCode(...wave.subarray(0, 44))).toBe(
    'RIFF\x2c\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x80\x3e\0\0\0\x7d\0\0\x02\0\x10\0data\x08\0\0\0',
  )
  expect([...new Int16Array(wave.buffer, 44)]).toEqual([0, 16384, -32767, 32767])
})

it('takes what can be decoded, for a minute at most', async () => {
  decodes(3)
  const clip = await clipOf(new Blob(['x']))
  expect([clip.type, clip.size, secondsOf(clip.size)]).toEqual(['audio/wav', 96_044, 3])
  decodes(60.5)
  expect((await clipOf(new Blob(['x']))).size).toBe(1_920_044)
  decodes(62)
  await expect(clipOf(new Blob(['x']))).rejects.toMatchObject({ trouble: 'tooLong' })
  decodes(0)
  await expect(clipOf(new Blob(['x']))).rejects.toMatchObject({ trouble: 'unreadable' })
  const large = { size: largestFile + 1 } as Blob
  await expect(clipOf(large)).rejects.toMatchObject({ trouble: 'tooLarge' })
})
