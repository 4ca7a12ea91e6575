/** Other pages of this browser may have something to send beside the call. */
import { callName } from '../../callLock'
import type { Call } from '../../engine/api'
import { importWithRetry } from '../../engine/importWithRetry'

/** Goes on until it is told to stop. */
export function answerOthers(call: Call): () => void {
  const channel = new BroadcastChannel(callName)
  let end: (() => void) | undefined = () => {}
  // They ask once a second: until the file is here, and again if it does not come.
  channel.onmessage = async () => {
    const { answerRates } = await importWithRetry(() => import('../../staff/callRates'))
    if (end) {
      end()
      end = answerRates(call, channel)
    }
  }
  return () => {
    end?.()
    end = undefined
    channel.close()
  }
}
