import type { ComponentChildren } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { words as common } from '../i18n'
import { zoneWords } from '../i18n/zone'
import { useNow } from '../pages/parts/hooks'
import { appointmentKey } from '../pages/parts/house'
import { Later, Part } from '../pages/parts/Later'
import { PageTitle } from '../pages/parts/PageTitle'
import { Shell } from '../pages/parts/Shell'
import { recall, remember } from '../pages/parts/storage'
import type { LinkAnswer } from '../staff/api'
import { askAgainIn, clockWords, untilWords, whenWords } from './times'
import { words } from './words'

const lost = new Part(() => import('./later/LostLink'))

/** The way to another link is loaded where it is needed. */
const LostLink = ({ alone = false }) => (
  <Later part={lost}>{({ LostLink }) => <LostLink alone={alone} />}</Later>
)

const again = 5_000 // ms after a request that failed
const key = 'draille.browser'

/** A name of chance, so that a link that is used elsewhere is told apart from a reload. */
function browserName(): string {
  const known = recall(key)
  if (known) return known
  const name = crypto.getRandomValues(new Uint32Array(4)).join('-')
  remember(key, name)
  return name
}

/** What the call's own pages say of the appointment; its address holds none of it. */
function tellTab({ startsAt: at, zone, phone }: LinkAnswer): void {
  try {
    sessionStorage.setItem(appointmentKey, JSON.stringify({ at, zone, phone }))
  } catch {
    // Storage is refused: then it is not said.
  }
}

type LinkProps = { token: string; onOpen: (address: string) => void }

export function LinkPage({ token, onOpen }: LinkProps) {
  const sentences = words.value
  const { answer, away, ask } = useLink(token, onOpen)
  useEffect(() => {
    document.title = `${sentences.document} – Draille`
  }, [sentences])
  if (!token)
    return (
      <Shell>
        <LostLink alone />
      </Shell>
    )
  if (!answer)
    return (
      <Shell>
        {away ? (
          <Message title={sentences.away.title} text={sentences.away.text}>
            <button type="button" class="button" onClick={() => void ask()}>
              {common.value.actions.retry}
            </button>
          </Message>
        ) : (
          <p role="status">{common.value.connecting.text}</p>
        )}
      </Shell>
    )
  return (
    <Shell>
      <Answer answer={answer.link} offset={answer.offset} take={() => void ask(true)} />
    </Shell>
  )
}

/** Asks what the link opens, and again as it may have changed. */
function useLink(token: string, onOpen: (address: string) => void) {
  const [answer, setAnswer] = useState<{ link: LinkAnswer; offset: number }>()
  const [away, setAway] = useState(false)
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  const opened = useRef(false)

  const ask = async (take = false) => {
    clearTimeout(timer.current)
    if (!token || opened.current) return
    let wait = again
    try {
      const response = await fetch('/api/link', {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ token, browser: browserName(), ...(take ? { take } : {}) }),
        cache: 'no-store',
      })
      if (!response.ok) throw new Error(String(response.status))
      const link = (await response.json()) as LinkAnswer
      setAway(false)
      if (link.state === 'open' && link.address) {
        opened.current = true
        tellTab(link)
        return onOpen(link.address)
      }
      setAnswer({ link, offset: link.now - performance.now() })
      if (link.state !== 'early') return
      wait = askAgainIn(link.opensAt ?? link.now, link.now)
    } catch {
      setAway(true)
    }
    timer.current = setTimeout(() => void ask(), wait)
  }
  useEffect(() => {
    void ask()
    // A telephone that slept has missed its timers.
    const wake = () => document.visibilityState === 'visible' && void ask()
    document.addEventListener('visibilitychange', wake)
    return () => {
      clearTimeout(timer.current)
      document.removeEventListener('visibilitychange', wake)
    }
  }, [token])
  return { answer, away, ask }
}

type AnswerProps = { answer: LinkAnswer; offset: number; take: () => void }

function Answer({ answer, offset, take }: AnswerProps) {
  const sentences = words.value
  const phone = answer.phone && <p>{sentences.call(answer.phone)}</p>
  switch (answer.state) {
    case 'early':
    case 'open':
      return <Early answer={answer} offset={offset} />
    case 'other-browser':
      return (
        <Message title={sentences.other.title} text={sentences.other.text}>
          <div class="actions">
            <button type="button" class="button button--primary button--large" onClick={take}>
              {common.value.actions.continueHere}
            </button>
          </div>
        </Message>
      )
    case 'late':
    case 'cancelled':
      return <Message {...sentences[answer.state]}>{phone}</Message>
    default:
      return (
        <Message {...sentences[answer.state]}>
          {phone}
          <LostLink />
        </Message>
      )
  }
}

function Early({ answer, offset }: { answer: LinkAnswer; offset: number }) {
  const sentences = words.value
  const { startsAt = 0, opensAt = 0, zone = '', delay = 0 } = answer
  const left = untilWords(opensAt - (useNow(true) + offset))
  return (
    <Message
      title={sentences.early.title}
      text={whenWords(startsAt, zone) + zoneWords(startsAt, zone)}
    >
      <p role="timer" class="countdown">
        {left ? sentences.early.in(left) : sentences.early.soon}
      </p>
      {delay > 0 && <p class="note">{sentences.delay(delay)}</p>}
      <p>{sentences.early.opens(clockWords(opensAt, zone))}</p>
      <p class="soft">{sentences.early.test}</p>
      {answer.phone && <p>{sentences.call(answer.phone)}</p>}
    </Message>
  )
}

type MessageProps = { title: string; text: string; children?: ComponentChildren }

function Message({ title, text, children }: MessageProps) {
  return (
    <div class="step step--centred">
      <PageTitle key={title}>{title}</PageTitle>
      <p class="lead">{text}</p>
      {children}
    </div>
  )
}
