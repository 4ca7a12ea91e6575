import type { Call } from '../../engine/api'
import type { Desk } from '../call/desk'
import { listenForKeys } from './keys'
import { answerOthers } from './others'
import { tellWaiting } from './outside'
import { fetchPhotos } from './photos'

/** What goes on beside a call, out of its first file. Ends when it is told to. */
export function attend(call: Call, desk: Desk): () => void {
  const ends = [listenForKeys(call, desk), fetchPhotos(call), tellWaiting(call), answerOthers(call)]
  return () => ends.forEach((end) => end())
}
