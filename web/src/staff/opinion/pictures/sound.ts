/**
 * Clips of sound, decoded and written anew: of what a file tells beside its sound nothing is left,
 * and every browser plays it.
 */
import { soundRate, soundSeconds } from '../../api'
import { flacOf } from './flac'

/** Of a clip that was written anew. */
export const soundType = 'audio/flac'

/** A film of an hour would fill the memory before its length is known. */
export const largestFile = 40 << 20 // bytes

export type SoundTrouble = 'unreadable' | 'tooLong' | 'tooLarge'

export class SoundError extends Error {
  constructor(readonly trouble: SoundTrouble) {
    super(trouble)
  }
}

/** One channel of 16 bits. */
export function samplesOf(channels: readonly Float32Array[]): Int16Array {
  return Int16Array.from(channels[0]!, (_, i) => {
    const middle = channels.reduce((sum, one) => sum + one[i]!, 0) / channels.length
    return Math.round(32_767 * Math.max(-1, Math.min(1, middle)))
  })
}

/** What a browser can play becomes a clip; a SoundError says why it does not. */
export async function clipOf(file: Blob): Promise<Blob> {
  if (file.size > largestFile) throw new SoundError('tooLarge')
  let sound: AudioBuffer
  try {
    const context = new OfflineAudioContext(1, 1, soundRate)
    sound = await context.decodeAudioData(await file.arrayBuffer())
  } catch {
    throw new SoundError('unreadable')
  }
  // a recorder that is stopped at a minute may be a breath late
  if (sound.duration > soundSeconds + 1) throw new SoundError('tooLong')
  const most = soundSeconds * soundRate
  const channels = Array.from({ length: sound.numberOfChannels }, (_, i) =>
    sound.getChannelData(i).subarray(0, most),
  )
  if (!channels[0]?.length) throw new SoundError('unreadable')
  return new Blob([await flacOf(samplesOf(channels))], { type: soundType })
}
