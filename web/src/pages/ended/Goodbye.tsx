import { useEffect } from 'preact/hooks'
import type { Call, Ended } from '../../engine/api'
import { words } from '../../i18n'
import { Meeting } from '../parts/house'
import { Later, Part } from '../parts/Later'
import { PageTitle } from '../parts/PageTitle'
import { Shell, type WayBack } from '../parts/Shell'

const tooEarly = new Part(() => import('../help/TooEarly'))
const asked = new Part(() => import('../later/Satisfaction'))

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

const main = 'button button--primary button--large'

/** Says how it ended, and lets one come back where that helps, and to where they came from. */
export function Goodbye({ call, ended, back }: { call: Call; ended: Ended; back?: WayBack }) {
  const { actions, ended: sentences } = words.value
  const { reason, canReturn } = ended
  const { title, text } = endingOf(call, ended)
  const elsewhere = reason === 'replaced' || reason === 'elsewhere'
  const done = reason === 'ended' || reason === 'left'
  useEffect(() => void (done && asked.load()), [done])
  const Question = asked.module.value?.Satisfaction
  return (
    <Shell>
      {!done && <Meeting call={call} />}
      <div class="step step--centred">
        <PageTitle>{title}</PageTitle>
        {text && <p class="lead">{text}</p>}
        {reason === 'not-yet' && (
          <Later part={tooEarly}>
            {({ TooEarly }) => <TooEarly call={call} from={ended.from} />}
          </Later>
        )}
        {done && Question && <Question call={call} ended={ended} />}
        {(done || !canReturn) && !back && <p>{sentences.closeTab}</p>}
        <div class="actions">
          {back && (
            <button type="button" class={done || !canReturn ? main : 'button'} onClick={back.go}>
              {back.words}
            </button>
          )}
          {canReturn && (
            <button
              type="button"
              class={done || reason === 'not-yet' ? 'button' : main}
              onClick={() => call.comeBack()}
            >
              {elsewhere ? actions.continueHere : actions.returnToCall}
            </button>
          )}
        </div>
      </div>
    </Shell>
  )
}
