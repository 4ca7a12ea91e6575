import { useEffect } from 'preact/hooks'
import type { Call, PersonView } from '../../engine/api'
import { words } from '../../i18n'
import { Dialog, Question } from '../parts/Dialog'
import { Later, Part } from '../parts/Later'
import { useMedia, useMinutesSince, useWakeLock } from '../parts/hooks'
import { Brand, Icon } from '../parts/icons'
import { LanguageSwitch } from '../parts/LanguageSwitch'
import { Modes, OwnMode, usedWords } from '../parts/ModeChoice'
import { PageTitle } from '../parts/PageTitle'
import { Banners, Toasts } from './Banners'
import { Bar } from './Bar'
import { mayAdmit, raisedHands, useChatChime, useDesk, useDoorbell, type Desk } from './desk'
import { SidePanel } from './SidePanel'
import { Stage } from './Stage'

/** What most people open late or never. */
export const aside = new Part(() => import('../later'))

/**
 * When it is loaded unasked: whoever lets people in needs it soon; a guest's link first brings
 * voices and pictures.
 */
const asideAfterMs = { staff: 3_000, guest: 60_000 }

/** The call: pictures, what needs an answer above them, the bar below, one panel beside. */
export function CallPage({ call }: { call: Call }) {
  const desk = useDesk(call)
  useWakeLock()
  useDoorbell(call)
  useChatChime(call, desk)
  const whose = mayAdmit(call) ? 'staff' : 'guest'
  useEffect(() => {
    const timer = setTimeout(() => void aside.load(), asideAfterMs[whose])
    return () => clearTimeout(timer)
  }, [whose])
  // On a small screen the panel lies over the pictures: what cannot be seen must not take the
  // focus.
  const narrow = useMedia('(max-width: 899px)')
  const panel = desk.panel.value
  return (
    <div class={panel === 'none' ? 'call' : 'call call--panel'}>
      <Head call={call} desk={desk} />
      <main class="call-main">
        <PageTitle hidden>{words.value.call.title}</PageTitle>
        <Stage call={call} desk={desk} covered={narrow && panel !== 'none'} />
      </main>
      {panel === 'people' && (
        <SidePanel title={words.value.people.title} onClose={() => (desk.panel.value = 'none')}>
          <Later part={aside}>{({ People }) => <People call={call} desk={desk} />}</Later>
        </SidePanel>
      )}
      {panel === 'chat' && (
        <SidePanel title={words.value.chat.title} onClose={() => (desk.panel.value = 'none')}>
          <Later part={aside}>{({ Chat }) => <Chat call={call} />}</Later>
        </SidePanel>
      )}
      <Bar call={call} desk={desk} />
      <Asked call={call} desk={desk} />
    </div>
  )
}

/** How long one has been in the call, in minutes. */
function Duration({ call }: { call: Call }) {
  const minutes = useMinutesSince(call.people.value.find((person) => person.me)?.since)
  return minutes ? <span class="tag">{words.value.waits.minutes(minutes)}</span> : null
}

function Head({ call, desk }: { call: Call; desk: Desk }) {
  const { call: sentences } = words.value
  const hands = raisedHands(call).length
  const waiting = mayAdmit(call) ? call.waiting.value.length : 0
  const open = desk.panel.value === 'people'
  return (
    <header class="call-head">
      <div class="call-head-line">
        <Brand />
        <Duration call={call} />
        {call.locked.value && (
          <span class="tag">
            <Icon name="lock" />
            {sentences.locked}
          </span>
        )}
        {call.mode.value === 'saver' && (
          <span class="tag">
            <Icon name="bars1" />
            {usedWords(call.usedBytes.value)}
          </span>
        )}
        <LanguageSwitch />
        <button
          type="button"
          class={open ? 'button button--on' : 'button'}
          aria-expanded={open}
          onClick={() => (desk.panel.value = open ? 'none' : 'people')}
        >
          <Icon name="people" />
          <span class="people-word">{sentences.people}</span> {call.people.value.length}
          {hands > 0 && (
            <span class="mark mark--hand">
              <Icon name="hand" />
              <span aria-hidden="true">{hands}</span>
              <span class="unseen">, {sentences.handsUp(hands)}</span>
            </span>
          )}
          {waiting > 0 && <span class="unseen">, {sentences.waitingCount(waiting)}</span>}
        </button>
      </div>
      <Banners call={call} desk={desk} />
      <Toasts call={call} />
    </header>
  )
}

/** The dialog that is open, if any. */
function Asked({ call, desk }: { call: Call; desk: Desk }) {
  const { actions, call: inCall, confirm, devices } = words.value
  const asked = desk.asked.value
  const close = () => (desk.asked.value = { kind: 'none' })
  switch (asked.kind) {
    case 'none':
      return null
    case 'more':
      return (
        <Dialog key="more" title={inCall.more} onClose={close}>
          <Later part={aside}>{({ More }) => <More call={call} desk={desk} />}</Later>
        </Dialog>
      )
    case 'devices':
      return (
        <Dialog key="devices" title={devices.title} onClose={close}>
          <Later part={aside}>{({ Devices }) => <Devices call={call} />}</Later>
        </Dialog>
      )
    case 'mode':
      return <OwnMode call={call} onClose={close} />
    case 'modeOf':
      return (
        <ModeOf call={call} participant={asked.participant} name={asked.name} onClose={close} />
      )
    case 'leave':
      return (
        <Question
          {...confirm.leave}
          yes={actions.leave}
          no={actions.stay}
          onYes={() => call.leave()}
          onNo={close}
        >
          {call.me.value?.role === 'host' && (
            <button type="button" class="button button--warn" onClick={() => call.end()}>
              {actions.endForAll}
            </button>
          )}
        </Question>
      )
    case 'end':
      return (
        <Question
          {...confirm.end}
          yes={actions.endForAll}
          no={actions.cancel}
          onYes={() => call.end()}
          onNo={close}
        />
      )
    case 'refuse': {
      const refuse = () => {
        call.refuse(asked.participant)
        close()
      }
      return (
        <Question
          title={confirm.refuse.title(asked.name)}
          text={confirm.refuse.text}
          yes={actions.refuse}
          no={actions.cancel}
          onYes={refuse}
          onNo={close}
        />
      )
    }
    case 'beside':
      return (
        <Beside call={call} desk={desk} {...asked} onClose={close} />
      )
    case 'block': {
      const block = () => {
        call.block(asked.participant)
        close()
      }
      return (
        <Question
          title={confirm.block.title(asked.name)}
          text={confirm.block.text}
          yes={actions.block}
          no={actions.cancel}
          onYes={block}
          onNo={close}
        />
      )
    }
    case 'remove': {
      const remove = () => {
        call.remove(asked.participant)
        close()
      }
      return (
        <Question
          title={confirm.remove.title(asked.name)}
          text={confirm.remove.text}
          yes={actions.remove}
          no={actions.cancel}
          onYes={remove}
          onNo={close}
        />
      )
    }
  }
}

/** Two patients must not meet because the one before is still there: names them, and asks. */
function Beside({
  call,
  desk,
  participant,
  name,
  others,
  onClose,
}: {
  call: Call
  desk: Desk
  participant: string
  name: string
  others: PersonView[]
  onClose: () => void
}) {
  const { actions, confirm } = words.value
  const [first] = others
  return (
    <Question
      title={confirm.beside.title(name, others.map((other) => other.name).join(', '))}
      text={confirm.beside.text}
      yes={actions.admit}
      no={actions.cancel}
      onYes={() => {
        call.admit(
          participant,
          others.map((other) => other.id),
        )
        onClose()
      }}
      onNo={onClose}
    >
      {call.me.value?.role === 'host' && first && (
        <button
          type="button"
          class="button"
          onClick={() =>
            (desk.asked.value = { kind: 'remove', participant: first.id, name: first.name })
          }
        >
          {confirm.beside.first(first.name)}
        </button>
      )}
    </Question>
  )
}

/** A host sets the call of somebody who cannot: the person reads it and may choose again. */
function ModeOf({
  call,
  participant,
  name,
  onClose,
}: {
  call: Call
  participant: string
  name: string
  onClose: () => void
}) {
  const { actions, mode: sentences } = words.value
  const person = call.people.value.find((one) => one.id === participant)
  useEffect(() => {
    if (!person) onClose()
  }, [!person])
  return (
    <Dialog title={sentences.titleOf(name)} onClose={onClose}>
      <Modes
        mode={person?.mode ?? 'automatic'}
        onChoose={(mode) => call.setModeOf(participant, mode)}
      />
      <button type="button" class="button button--primary" onClick={onClose}>
        {actions.apply}
      </button>
    </Dialog>
  )
}
