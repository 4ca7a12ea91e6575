/**
 * Clips of sound, decoded and written anew: of what a file tells beside its sound nothing is left,
 * and every browser plays it.
 */
import { soundRate, soundSeconds } from '../../api'

/** A film of an hour would fill the memory before its length is known. */
export const largestFile = 40 << 20 // bytes

export type SoundTrouble = 'unreadable' | 'tooLong' | 'tooLarge'

export class SoundError extends Error {
  constructor(readonly trouble: SoundTrouble) {
    super(trouble)
  }
}

/** One channel, 16 bits: the shortest header of WAVE, and samples. */
export function waveOf(channels: readonly Float32Array[]): Uint8Array<ArrayBuffer> {
  const { length } = channels[0]!
  const size = 2 * length
  const data = new DataView(new ArrayBuffer(44 + size))
  const word = (at: number, text: string) =>
    [...text].forEach((letter, i) => data.setUint8(at + i, letter.charCodeAt(0)))
  word(0, 'RIFF')
  data.setUint32(4, 36 + size, true)
  word(8, 'WAVEfmt ')
  data.setUint32(16, 16, true)
  data.setUint16(20, 1, true) // samples as they are
  data.setUint16(22, 1, true) // channel
  data.setUint32(24, soundRate, true)
  data.setUint32(28, 2 * soundRate, true)
  data.setUint16(32, 2, true)
  data.setUint16(34, 16, true)
  word(36, 'data')
  data.setUint32(40, size, true)
  for (let i = 0; i < length; i++) {
    const middle = channels.reduce((sum, one) => sum + one[i]!, 0) / channels.length
    data.setInt16(44 + 2 * i, Math.round(32_767 * Math.max(-1, Math.min(1, middle))), true)
  }
  return new Uint8Array(data.buffer)
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
  return new Blob([waveOf(channels)], { type: 'audio/wav' })
}

/** Whole seconds of a clip of so many bytes. */
export const secondsOf = (size: number) => Math.max(1, Math.round((size - 44) / 2 / soundRate))
