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

/** By how much the server's clock is ahead of this device's, in ms, once it has told. */
function useAhead(): number {
  const [ahead, setAhead] = useState(0)
  useEffect(() => {
    fetch('/', { method: 'HEAD', cache: 'no-store' }).then(
      ({ headers }) => setAhead(Date.parse(headers.get('Date')!) - Date.now() || 0),
      () => undefined, // then this device's own must do
    )
  }, [])
  return ahead
}

/** When the call opens, in words; the page enters by itself then, by the server's clock. */
export function TooEarly({ call, from }: { call: Call; from: number | undefined }) {
  const { early } = helpWords.value
  const now = useNow(true)
  const shownAt = useRef(now).current
  const ahead = useAhead()
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
