import { useEffect, useRef } from 'preact/hooks'
import type { Call } from '../../engine/api'
import { words } from '../../i18n'
import { Dialog, Question } from '../parts/Dialog'
import { Later } from '../parts/Later'
import { useMedia, useMinutesSince, useWakeLock } from '../parts/hooks'
import { Brand, Icon } from '../parts/icons'
import { LanguageSwitch } from '../parts/LanguageSwitch'
import { mode } from '../parts/mode'
import { PageTitle } from '../parts/PageTitle'
import { usedWords } from '../parts/used'
import { aside } from './aside'
import { Banners, Toasts } from './Banners'
import { Bar } from './Bar'
import { photo } from './photo'
import { mayAdmit, raisedHands, useChatChime, useDesk, useDoorbell, type Desk } from './desk'
import { SidePanel } from './SidePanel'
import { Stage } from './Stage'

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
    const timer = setTimeout(() => {
      void mode.load() // first: a line that becomes thin has need of it
      void aside.load()
    }, asideAfterMs[whose])
    return () => clearTimeout(timer)
  }, [whose])
  const asked = call.photoNews.value.length
  useEffect(() => void (asked && photo.load()), [asked])
  const { Photos } = photo.module.value ?? {}
  const later = aside.module.value
  useEffect(() => later?.attend(call, desk), [later])
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
        <SidePanel title={words.value.call.people} onClose={() => (desk.panel.value = 'none')}>
          <Later part={aside}>{({ People }) => <People call={call} desk={desk} />}</Later>
        </SidePanel>
      )}
      {panel === 'chat' && (
        <SidePanel title={words.value.call.messages} onClose={() => (desk.panel.value = 'none')}>
          <Later part={aside}>{({ Chat }) => <Chat call={call} />}</Later>
        </SidePanel>
      )}
      {Photos && <Photos call={call} />}
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

/** What is said above pushes the page down: what has the focus must not slip under the bar. */
function useFocusInSight() {
  const head = useRef<HTMLElement>(null)
  useEffect(() => {
    const observer = new ResizeObserver(() => {
      const at = document.activeElement
      if (at !== document.body) at?.scrollIntoView({ block: 'nearest' })
    })
    observer.observe(head.current!)
    return () => observer.disconnect()
  }, [])
  return head
}

function Head({ call, desk }: { call: Call; desk: Desk }) {
  const { call: sentences } = words.value
  const head = useFocusInSight()
  const hands = raisedHands(call).length
  const waiting = mayAdmit(call) ? call.waiting.value.length : 0
  const open = desk.panel.value === 'people'
  return (
    <header ref={head} class="call-head">
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
      return (
        <Later part={mode} key="mode">
          {({ OwnMode }) => <OwnMode call={call} onClose={close} />}
        </Later>
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
    default:
      return (
        <Later part={aside} key={asked.kind}>
          {({ Asking }) => <Asking call={call} desk={desk} asked={asked} onClose={close} />}
        </Later>
      )
  }
}
