import { useEffect, useRef, useState } from 'preact/hooks'
import type { Call, Notice } from '../../engine/api'
import { words, type Catalogue } from '../../i18n'
import { Connection, SoundBlocked } from '../parts/Connection'
import { useMinutesSince, useNotices, useNow } from '../parts/hooks'
import { statusRole } from '../parts/comfort'
import { Icon } from '../parts/icons'
import { HowToAllow, retry, troublesOf, troubleWords, Without } from '../lobby/Trouble'
import { aside } from './aside'
import { admit, mayAdmit, type Desk } from './desk'

/** What needs an answer or an eye, above the pictures. */
export function Banners({ call, desk }: { call: Call; desk: Desk }) {
  // Whoever shares a screen has opened what offers it.
  const OwnScreen = aside.module.value?.OwnScreen
  return (
    <div class="banners">
      <SoundBlocked call={call} />
      <Connection call={call} />
      {mayAdmit(call) && <WhoWaits call={call} desk={desk} />}
      <LeftAlone call={call} />
      <SameLink call={call} />
      <Written call={call} desk={desk} />
      <ModeBanner call={call} />
      <OwnTrouble call={call} />
      {OwnScreen && <OwnScreen call={call} />}
    </div>
  )
}

/** The same link on a second device: said on both, with what was done against the howl. */
function SameLink({ call }: { call: Call }) {
  const { actions, sameLink: sentences } = words.value
  const [closed, setClosed] = useState<unknown>()
  const beside = call.sameLink.value
  if (!beside || beside === closed) return null
  const names = call.people.value
    .filter(({ id }) => beside.participants.includes(id))
    .map(({ name }) => name)
    .join(', ')
  return (
    <div class="banner">
      <Icon name="warning" />
      <span class="banner-words" role="status">
        {beside.muted ? sentences.muted(names) : sentences.other(names)}
      </span>
      {beside.muted && !call.microphone.value.wanted && (
        <button type="button" class="button" onClick={() => void call.setMicrophone(true)}>
          {actions.turnMicrophoneOn}
        </button>
      )}
      <button type="button" class="button" onClick={() => setClosed(beside)}>
        {actions.close}
      </button>
    </div>
  )
}

const lastLetters = 120

/** What others write just now, while the messages are closed. It is read when one comes to it. */
function Written({ call, desk }: { call: Call; desk: Desk }) {
  const { call: sentences } = words.value
  if (desk.panel.value === 'chat') return null
  return (
    <>
      {Object.entries(call.drafts.value).map(([id, text]) => (
        <div key={id} class="banner" data-draft={id}>
          <Icon name="messages" />
          <span class="banner-words" aria-live="off">
            {sentences.writes(
              call.people.value.find((person) => person.id === id)?.name ?? '',
              [...text].slice(-lastLetters).join(''),
            )}
          </span>
          <button type="button" class="button" onClick={() => (desk.panel.value = 'chat')}>
            {sentences.messages}
          </button>
        </div>
      ))}
    </>
  )
}

/** Nobody of the staff is there: said at once, aloud too, with what becomes of the call. */
function LeftAlone({ call }: { call: Call }) {
  const alone = call.unattended.value
  const now = useNow(!!alone)
  const at = alone && (alone.stopped ? 'stopped' : 'alone')
  useEffect(() => {
    if (at) void call.chime()
  }, [at])
  if (!alone) return null
  const { unattended } = words.value
  const minutes = Math.max(1, Math.ceil((alone.endsAt - now) / 60_000))
  return (
    <div class="banner banner--alert">
      <Icon name="warning" />
      <div class="banner-words">
        <strong role="alert">{alone.stopped ? unattended.stopped : unattended.alone}</strong>{' '}
        {unattended.ends(minutes)}
      </div>
      <button type="button" class="button" onClick={() => call.leave()}>
        {words.value.actions.leave}
      </button>
    </div>
  )
}

/**
 * How the call is set, when that takes pictures away or somebody else has done it, and the way
 * back.
 */
function ModeBanner({ call }: { call: Call }) {
  const { actions, mode: sentences } = words.value
  const mode = call.mode.value
  const by = call.modeBy.value
  const voice = mode === 'voice'
  const why = by
    ? sentences.setBy[mode](by)
    : voice
      ? sentences.voiceOn
      : call.receiving.value
        ? ''
        : sentences.notReceiving
  return (
    <div class={why ? 'banner' : 'banner banner--none'}>
      {why && <Icon name={voice ? 'sound' : 'bars'} />}
      <span class="banner-words" role="status">
        {why}
      </span>
      {by && (
        <button type="button" class="button" onClick={() => void call.setMode(mode)}>
          {actions.keepMode}
        </button>
      )}
      {(voice || (by && mode === 'saver')) && (
        <button type="button" class="button" onClick={() => void call.setMode('automatic')}>
          {voice ? actions.picturesBack : actions.automaticAgain}
        </button>
      )}
      {why && !by && !voice && (
        <button type="button" class="button" onClick={() => call.setReceiving(true)}>
          {actions.receivePictures}
        </button>
      )}
    </div>
  )
}

/** The first who waits, to be let in with one touch wherever one is on the page. */
function WhoWaits({ call, desk }: { call: Call; desk: Desk }) {
  const { actions, tile, waits } = words.value
  const [first, ...others] = call.waiting.value
  const minutes = useMinutesSince(first?.since)
  if (!first) return null
  return (
    <section class="banner banner--waits" aria-label={waits.region}>
      <Icon name="people" />
      <span class="banner-words">
        <strong role="status">
          {others.length ? waits.several(first.name, others.length) : waits.one(first.name)}
        </strong>{' '}
        {first.connected ? minutes > 0 && waits.since(minutes) : tile.away}{' '}
        {first.refused > 0 && waits.refused}
      </span>
      {others.length > 0 && (
        <button type="button" class="button" onClick={() => (desk.panel.value = 'people')}>
          {actions.showWaiting}
        </button>
      )}
      <button type="button" class="button button--primary" onClick={() => admit(call, desk, first)}>
        {actions.admit}
      </button>
    </section>
  )
}

/** The own devices that are wanted and not live, in one message, until they are or are given up. */
function OwnTrouble({ call }: { call: Call }) {
  const troubles = troublesOf(call)
  const { camera, microphone } = troubles
  if (!camera && !microphone) return null
  const forbids = (where: 'browser' | 'system') =>
    camera === `refused-by-${where}` || microphone === `refused-by-${where}`
  return (
    <div class="banner banner--alert" role="alert">
      <Icon name="warning" />
      <div class="banner-words">
        {troubleWords(troubles)}
        {forbids('browser') && <HowToAllow where="browser" />}
        {forbids('system') && <HowToAllow where="system" />}
      </div>
      <button type="button" class="button" onClick={() => retry(call, troubles)}>
        {words.value.actions.retry}
      </button>
      <Without call={call} troubles={troubles} />
    </div>
  )
}

/** How long a sentence about something that just happened stays. */
const toastMs = 6000
const toastsAtOnce = 2

/** What no longer goes as it went: told also to whoever wants few announcements. */
const failures: readonly Notice['kind'][] = ['unheard', 'muted', 'device', 'screen-ended', 'error']

type Toast = { id: number; text: string; failure: boolean }

/** Sentences about what just happened: seen for a while, and read out without interrupting. */
export function Toasts({ call }: { call: Call }) {
  const [toasts, setToasts] = useState<Toast[]>([])
  const timers = useRef(new Set<ReturnType<typeof setTimeout>>())
  const last = useRef(0)
  useEffect(() => () => timers.current.forEach(clearTimeout), [])

  useNotices(call, (notice) => {
    const text = sentenceOf(notice, words.peek())
    if (text === '') return
    const id = ++last.current
    const failure = failures.includes(notice.kind)
    setToasts((now) => [...now, { id, text, failure }].slice(-toastsAtOnce))
    const timer = setTimeout(() => {
      timers.current.delete(timer)
      setToasts((now) => now.filter((toast) => toast.id !== id))
    }, toastMs)
    timers.current.add(timer)
  })
  const role = statusRole()
  return (
    <div class="toasts" role={role}>
      {toasts.map(({ id, text, failure }) => (
        <p key={id} class="toast" role={failure && !role ? 'alert' : undefined}>
          {text}
        </p>
      ))}
    </div>
  )
}

/** The sentence for a notice; '' when a banner already says it. */
export function sentenceOf(notice: Notice, { notice: sentences, devices }: Catalogue): string {
  switch (notice.kind) {
    case 'joined':
      return sentences.joined(notice.name)
    case 'left':
      return sentences.left(notice.name)
    case 'waiting':
      return '' // the banner says it, as long as it is so
    case 'hand':
      return sentences.hand(notice.name)
    case 'unheard':
      return sentences.unheard
    case 'host':
      return notice.mine ? sentences.hostMine : sentences.host(notice.name)
    case 'muted':
      return sentences.muted[notice.source](notice.by)
    case 'screen-ended':
      return devices.trouble.screen.lost
    case 'device':
      return deviceSentence(notice, devices)
    case 'screen-shared':
      return sentences.screenShared(notice.name)
    case 'screen-stopped':
      return sentences.screenStopped(notice.name)
    case 'error':
      return notice.code in sentences.errors
        ? sentences.errors[notice.code as keyof typeof sentences.errors]
        : sentences.errors.unknown
  }
}

/** Troubles stand in a banner for as long as they last; what was mended at once is said once. */
function deviceSentence(
  { device, kept }: Extract<Notice, { kind: 'device' }>,
  devices: Catalogue['devices'],
): string {
  if (device === 'speaker') return devices.trouble.speaker
  return kept && device !== 'screen' ? devices.kept[device] : ''
}
