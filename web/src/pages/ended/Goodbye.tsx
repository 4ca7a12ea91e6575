import { useEffect, useRef } from 'preact/hooks'
import type { Call, Ended } from '../../engine/api'
import { language, words } from '../../i18n'
import { withFirst } from '../../i18n/first'
import { useNow } from '../parts/hooks'
import { Meeting } from '../parts/house'
import { PageTitle } from '../parts/PageTitle'
import { Shell } from '../parts/Shell'

/** How it ended, in the words of whoever reads it: who was never let in has left no call. */
export function endingOf(call: Call, { reason, place, mine }: Ended) {
  const { ended, endings, lobby } = words.value
  const received = call.me.value?.role === 'guest' && call.kind.value === 'consultation'
  if (reason === 'left' && place === 'waiting') return { ...ended.left, title: endings.waiting }
  // Nobody has touched the lobby for long.
  if (reason === 'left' && place === 'lobby') return { title: lobby.welcomeBack.title, text: '' }
  if (reason === 'ended' && mine) return endings.mine
  if (reason === 'ended' && received && place !== 'waiting') return endings.guest
  return ended[reason]
}

/** Says how it ended, and lets one come back where that helps. */
export function Goodbye({ call, ended }: { call: Call; ended: Ended }) {
  const { actions, ended: sentences } = words.value
  const { reason, canReturn } = ended
  const { title, text } = endingOf(call, ended)
  const elsewhere = reason === 'replaced' || reason === 'elsewhere'
  const done = reason === 'ended' || reason === 'left'
  return (
    <Shell>
      {reason !== 'ended' && reason !== 'left' && <Meeting call={call} />}
      <div class="step step--centred">
        <PageTitle>{title}</PageTitle>
        {text && <p class="lead">{text}</p>}
        {reason === 'not-yet' && <TooEarly call={call} from={ended.from} />}
        {(done || !canReturn) && <p>{sentences.closeTab}</p>}
        {canReturn && (
          <div class="actions">
            <button
              type="button"
              class={
                done || reason === 'not-yet' ? 'button' : 'button button--primary button--large'
              }
              onClick={() => call.comeBack()}
            >
              {elsewhere ? actions.continueHere : actions.returnToCall}
            </button>
          </div>
        )}
      </div>
    </Shell>
  )
}

/** ms between attempts at a door that should be open, and at one of which no time is known. */
const soon = 10_000
const later = 60_000

/** When the call opens, in words; the page enters by itself then. */
function TooEarly({ call, from }: { call: Call; from: number | undefined }) {
  const { early } = words.value
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
