import { PageTitle } from '../pages/parts/PageTitle'
import { Shell } from '../pages/parts/Shell'
import { words } from './words'

/** The address holds no invitation, and the server has no practice to sign in to. */
export function NoInvitation() {
  const { noInvitation } = words.value.common
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
