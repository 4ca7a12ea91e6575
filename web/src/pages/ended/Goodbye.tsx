import type { Call, Ended } from '../../engine/api'
import { words } from '../../i18n'
import { PageTitle } from '../parts/PageTitle'
import { Shell } from '../parts/Shell'

/** Says how it ended, and lets one come back where that makes sense. */
export function Goodbye({ call, ended }: { call: Call; ended: Ended }) {
  const { actions, ended: sentences } = words.value
  const { title, text } = sentences[ended.reason]
  const elsewhere = ended.reason === 'replaced' || ended.reason === 'elsewhere'
  return (
    <Shell>
      <div class="step step--centred">
        <PageTitle>{title}</PageTitle>
        <p class="lead">{text}</p>
        {ended.canReturn ? (
          <div class="actions">
            <button
              type="button"
              class="button button--primary button--large"
              onClick={() => call.comeBack()}
            >
              {elsewhere ? actions.continueHere : actions.returnToCall}
            </button>
          </div>
        ) : (
          <p>{sentences.closeTab}</p>
        )}
      </div>
    </Shell>
  )
}

/** The address holds no invitation. */
export function NoInvitation() {
  const { noInvitation } = words.value
  return (
    <Shell>
      <div class="step step--centred">
        <PageTitle>{noInvitation.title}</PageTitle>
        <p class="lead">{noInvitation.text}</p>
        <p>{noInvitation.help}</p>
        <p>{noInvitation.who}</p>
      </div>
    </Shell>
  )
}
