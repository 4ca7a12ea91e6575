import type { Call } from '../../engine/api'
import { words } from '../../i18n'
import { MirrorAndSwitches, StepWithMirror } from '../lobby/parts'
import { Trouble, troublesOf } from '../lobby/Trouble'
import { Connection } from '../parts/Connection'
import { Meeting } from '../parts/house'
import { useWakeLock } from '../parts/hooks'
import { Icon } from '../parts/icons'
import { PageTitle } from '../parts/PageTitle'
import { Shell } from '../parts/Shell'

/** The waiting room: one has arrived, one sees oneself, and reads who will open the door. */
export function WaitingRoom({ call }: { call: Call }) {
  const { actions, waiting } = words.value
  useWakeLock()
  const host = call.expectedBy.value
  const note = call.note.value
  const delay = call.delay.value
  const head = (
    <>
      <PageTitle>
        <span class="arrived">
          <Icon name="check" />
        </span>
        {waiting.title}
      </PageTitle>
      <p role="status" class="lead">
        {host ? waiting.expectedBy(host) : waiting.nobodyYet}
      </p>
      <p>{waiting.stay}</p>
      <div role="status">
        {delay > 0 && <p class="note">{waiting.delay(delay)}</p>}
        {note && (
          <div class="note">
            <h2>{waiting.note}</h2>
            <p>{note}</p>
          </div>
        )}
      </div>
      <Trouble {...troublesOf(call)} call={call} />
    </>
  )
  return (
    <Shell banner={<Connection call={call} />}>
      <Meeting call={call} />
      <StepWithMirror
        head={head}
        mirror={<MirrorAndSwitches call={call} name={call.me.value?.name ?? ''} />}
      >
        <div class="actions">
          <button type="button" class="button button--quiet" onClick={() => call.leave()}>
            <Icon name="quit" />
            {actions.leaveWaiting}
          </button>
        </div>
      </StepWithMirror>
    </Shell>
  )
}
