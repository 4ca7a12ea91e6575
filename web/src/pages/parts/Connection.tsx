import type { Call } from '../../engine/api'
import { words } from '../../i18n'
import { useNow } from './hooks'
import { Icon } from './icons'

/** The words for a lost server, with the seconds to the next attempt. */
function useCountdown(call: Call): string {
  const link = call.link.value
  const now = useNow(link.state === 'lost')
  if (link.state !== 'lost') return ''
  const seconds = Math.ceil((link.retryAt - now) / 1000)
  return seconds > 0 ? words.value.link.retryIn(seconds) : words.value.link.retryNow
}

/**
 * What is wrong with the connection. Loss of the media is an alert; a lost server while the voices
 * go on is a small banner. Only the sentence is announced: the countdown beside it would be read
 * out every second.
 */
export function Connection({ call }: { call: Call }) {
  const { link } = words.value
  const countdown = useCountdown(call)
  const lost = call.link.value.state === 'lost'
  const inRoom = call.place.value === 'room'
  const cut = inRoom && call.transport.value === 'interrupted'
  const coming =
    inRoom && !lost && (call.transport.value === 'connecting' || call.transport.value === 'new')
  const quiet = lost && inRoom && !cut

  const alert = cut ? (lost ? link.lostInCall : link.mediaLost) : lost && !inRoom ? link.lost : ''
  const status = quiet ? link.quiet : coming ? link.mediaConnecting : ''
  return (
    <div class={alert ? 'banner banner--alert' : status ? 'banner' : 'banner banner--none'}>
      {(alert || status) && <Icon name={alert ? 'warning' : 'clock'} />}
      <span class="banner-words">
        <span role="alert">{alert}</span>
        <span role="status">{status}</span> {countdown}
      </span>
    </div>
  )
}

/** Browsers keep a page silent until it is touched: one big button. */
export function SoundBlocked({ call }: { call: Call }) {
  if (!call.soundBlocked.value) return null
  return (
    <button
      type="button"
      class="button button--primary button--large"
      onClick={() => void call.unblockSound()}
    >
      <Icon name="sound" />
      {words.value.actions.unblockSound}
    </button>
  )
}
