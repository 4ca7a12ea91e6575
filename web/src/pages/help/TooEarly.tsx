import { useEffect, useRef } from 'preact/hooks'
import type { Call } from '../../engine/api'
import { withFirst } from '../../i18n/first'
import { helpWords } from '../../i18n/help'
import { timeIn, zoneWords } from '../../i18n/zone'
import { useNow } from '../parts/hooks'
import { zoneOf } from '../parts/house'

/** ms between attempts at a door that should be open, and at one of which no time is known. */
const soon = 10_000
const later = 60_000

/** When the call opens, in words; the page enters by itself then. */
export function TooEarly({ call, from }: { call: Call; from: number | undefined }) {
  const { early } = helpWords.value
  const now = useNow(true)
  const shownAt = useRef(now).current
  const due = from === undefined ? shownAt + later : Math.max(from, shownAt + soon)
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
