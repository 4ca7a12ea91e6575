import type { Call } from '../../engine/api'
import { words } from '../../i18n'
import { HowToAllow } from '../lobby/Trouble'
import { Icon } from '../parts/icons'

/** The own screen: that it is shown, and how to end that; or why it is not shown as wanted. */
export function OwnScreen({ call }: { call: Call }) {
  const { actions, tile } = words.value
  return (
    <>
      {call.screen.value.live && (
        <div class="banner">
          <Icon name="screen" />
          <span class="banner-words">{tile.ownScreen}</span>
          <button type="button" class="button" onClick={() => void call.setScreen(false)}>
            {actions.stopScreen}
          </button>
        </div>
      )}
      <Trouble call={call} />
    </>
  )
}

function Trouble({ call }: { call: Call }) {
  const { actions, devices } = words.value
  const { trouble } = call.screen.value
  if (!trouble) return null
  const interrupted = trouble === 'interrupted'
  return (
    <div class="banner banner--alert" role="alert">
      <Icon name="warning" />
      <div class="banner-words">
        {devices.trouble.screen[trouble]}
        {trouble === 'refused-by-system' && <HowToAllow where="system" />}
      </div>
      {!interrupted && (
        <button type="button" class="button" onClick={() => void call.setScreen(true)}>
          {actions.retry}
        </button>
      )}
      <button type="button" class="button" onClick={() => void call.setScreen(false)}>
        {interrupted ? actions.stopScreen : actions.close}
      </button>
    </div>
  )
}
