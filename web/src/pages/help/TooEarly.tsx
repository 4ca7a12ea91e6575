import { useEffect, useRef, useState } from 'preact/hooks'
import type { Call } from '../../engine/api'
import { withFirst } from '../../i18n/first'
import { helpWords } from '../../i18n/help'
import { timeIn, zoneWords } from '../../i18n/zone'
import { useNow } from '../parts/hooks'
import { zoneOf } from '../parts/house'

/** ms between attempts at a door that should be open, and at one of which no time is known. */
const soon = 10_000
const later = 60_000

/** When the call opens, in words; the page enters by itself then, by the server's clock. */
export function TooEarly({ call, from }: { call: Call; from: number | undefined }) {
  const { early } = helpWords.value
  const now = useNow(true)
  const shownAt = useRef(now).current
  // ms that the server's clock is ahead of performance.now(), once it has told.
  const [ahead, setAhead] = useState(() => Date.now() - now)
  useEffect(() => {
    const ask = () =>
      fetch('/', { method: 'HEAD', cache: 'no-store' })
        .then(({ headers }) => Date.parse(headers.get('Date')!) - performance.now())
        .then((told) => setAhead((before) => told || before))
        .catch(() => {}) // what is known must do
    void ask()
    // A device that slept has counted too little.
    const timer = setInterval(ask, later)
    document.addEventListener('visibilitychange', ask)
    return () => {
      clearInterval(timer)
      document.removeEventListener('visibilitychange', ask)
    }
  }, [])
  const due = from === undefined ? shownAt + later : Math.max(from - ahead, shownAt + soon)
  useEffect(() => {
    if (now >= due) call.comeBack()
  }, [now >= due])
  const when =
    from &&
    withFirst(
      timeIn(from, zoneOf(call), {
        weekday: 'long',
        day: 'numeric',
        month: 'long',
        hour: '2-digit',
        minute: '2-digit',
      }),
    ) + zoneWords(from, zoneOf(call))
  const minutes = Math.ceil((due - now) / 60_000)
  return (
    <>
      {when && <p class="lead">{early.opens(when)}</p>}
      <p>{from === undefined || minutes < 1 ? early.soon : early.within(minutes)}</p>
    </>
  )
}
