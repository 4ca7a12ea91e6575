import type { Call } from '../../engine/api'
import { words } from '../../i18n'
import { Icon, type IconName } from '../parts/icons'
import { unreadLines, type Desk } from './desk'

type ActionProps = {
  icon: IconName
  label: string
  onClick: () => void
  pressed?: boolean
  expanded?: boolean
  hasDialog?: boolean
  tone?: 'off' | 'on' | 'danger'
  badge?: { count: number; words: string }
}

function Action({ icon, label, onClick, pressed, expanded, hasDialog, tone, badge }: ActionProps) {
  return (
    <button
      type="button"
      class={tone ? `action action--${tone}` : 'action'}
      aria-pressed={pressed}
      aria-expanded={expanded}
      aria-haspopup={hasDialog ? 'dialog' : undefined}
      onClick={onClick}
    >
      <Icon name={icon} />
      <span>{label}</span>
      {badge && badge.count > 0 && (
        <span class="badge">
          <span aria-hidden="true">{badge.count}</span>
          <span class="unseen">, {badge.words}</span>
        </span>
      )}
    </button>
  )
}

/** The five actions that are always there, with words, and the door to the rest. It never hides. */
export function Bar({ call, desk }: { call: Call; desk: Desk }) {
  const { call: sentences } = words.value
  const microphone = call.microphone.value
  const camera = call.camera.value
  const mode = call.mode.value
  const unread = unreadLines(call, desk)
  const chatOpen = desk.panel.value === 'chat'
  const audible = microphone.wanted && !microphone.trouble
  const visible = camera.wanted && !camera.trouble && mode !== 'voice'
  return (
    <section class="bar" aria-label={sentences.bar}>
      <Action
        icon={audible ? 'microphone' : 'microphoneOff'}
        label={audible ? sentences.microphone : sentences.microphoneOff}
        pressed={audible}
        tone={audible ? undefined : 'off'}
        onClick={() => void call.setMicrophone(!audible)}
      />
      <Action
        icon={visible ? 'camera' : 'cameraOff'}
        label={visible ? sentences.camera : sentences.cameraOff}
        pressed={visible}
        tone={visible ? undefined : 'off'}
        onClick={() => void call.setCamera(!visible)}
      />
      <Action
        icon={mode === 'voice' ? 'sound' : 'bars'}
        label={words.value.mode.bar[mode]}
        hasDialog
        tone={mode === 'automatic' ? undefined : 'on'}
        onClick={() => (desk.asked.value = { kind: 'mode' })}
      />
      <Action
        icon="messages"
        label={sentences.messages}
        expanded={chatOpen}
        tone={chatOpen ? 'on' : undefined}
        badge={{ count: unread, words: sentences.unread(unread) }}
        onClick={() => (desk.panel.value = chatOpen ? 'none' : 'chat')}
      />
      <Action
        icon="more"
        label={sentences.more}
        hasDialog
        onClick={() => (desk.asked.value = { kind: 'more' })}
      />
      <Action
        icon="quit"
        label={sentences.quit}
        hasDialog
        tone="danger"
        onClick={() => (desk.asked.value = { kind: 'leave' })}
      />
    </section>
  )
}
