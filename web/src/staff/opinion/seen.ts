/** Tells the server which requests were on the screen: no mail tells of them. */
import { useEffect } from 'preact/hooks'
import type { OpinionLine, SeenOpinions } from '../api'
import { post } from '../request'

/** As many as the server takes at once. */
const most = 200

/** Those that whoever looks has not seen as they are now. */
export const unseenOf = (lines: OpinionLine[]): SeenOpinions => ({
  items: lines
    .filter(({ opinion, seen }) => seen < opinion.version)
    .slice(0, most)
    .map(({ opinion }) => ({ id: opinion.id, version: opinion.version })),
})

/** A page behind others is not looked at: it tells once it comes to the front. */
export function useSeen(lines: OpinionLine[] | undefined): void {
  useEffect(() => {
    const body = unseenOf(lines ?? [])
    if (body.items.length === 0) return
    const tell = () => {
      if (document.visibilityState !== 'visible') return
      stop()
      void post('/api/opinions/seen', body).catch(() => {}) // told when it is read again
    }
    const stop = () => document.removeEventListener('visibilitychange', tell)
    document.addEventListener('visibilitychange', tell)
    tell()
    return stop
  }, [lines])
}
