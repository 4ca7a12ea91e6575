import { useEffect, useRef } from 'preact/hooks'
import type { Call } from '../../engine/api'
import { language } from '../../i18n'
import { withFirst } from '../../i18n/first'
import { helpWords } from '../../i18n/help'
import { useNow } from '../parts/hooks'

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
      new Date(from).toLocaleString(language.value, {
        weekday: 'long',
        day: 'numeric',
        month: 'long',
        hour: '2-digit',
        minute: '2-digit',
      }),
    )
  const minutes = Math.ceil((due - now) / 60_000)
  return (
    <>
      {when && <p class="lead">{early.opens(when)}</p>}
      <p>{from === undefined || minutes < 1 ? early.soon : early.within(minutes)}</p>
    </>
  )
}
