import { useEffect, useId, useState } from 'preact/hooks'
import type { Call } from '../../engine/api'
import { language, languages, type Language } from '../../i18n'
import { asideWords } from '../../i18n/aside'
import { maxNameCharacters, type Invitation } from '../../protocol/messages'
import { follow, text, textingIn, type Fate, type Texting } from './texting'

type Role = 'guest' | 'clinician'

/** What is typed of somebody who is missing. */
type Draft = { name: string; role: Role; phone: string; language: Language }

/** A link to this call, for somebody who is missing: shown here, or sent to them. */
export function Invite({ call }: { call: Call }) {
  const room = call.meeting.value?.room ?? ''
  const [draft, setDraft] = useState<Draft>(noDraft)
  const [asked, setAsked] = useState(false)
  const [fate, setFate] = useState<Fate>()
  const texting = useTexting(room)
  useFollowing(room, fate, setFate)
  const another = () => {
    setDraft(noDraft())
    setAsked(false)
    setFate(undefined)
  }
  const make = () => {
    call.invite(draft.role, draft.name.trim())
    setAsked(true)
    setFate(undefined)
  }
  const send = () => {
    const { role: _, ...wanted } = draft
    const missing = !wanted.name.trim() ? 'name' : !wanted.phone.trim() && 'phone'
    if (missing) return setFate({ state: 'refused', why: missing })
    setFate({ state: 'going', message: '' })
    void text(room, wanted).then(setFate)
  }
  const invitation = asked ? call.invitation.value : undefined
  if (invitation)
    return <Made invitation={invitation} ownSMS={texting !== 'yes'} onAnother={another} />
  if (fate && fate.state !== 'refused')
    return <Sent fate={fate} onAgain={() => setFate(undefined)} onLink={make} onAnother={another} />
  return (
    <Ask
      draft={draft}
      onDraft={(part) => setDraft((before) => ({ ...before, ...part }))}
      mayChoose={call.me.value?.role === 'host'}
      texting={texting}
      refused={fate}
      asked={asked}
      onLink={make}
      onSend={send}
    />
  )
}

const noDraft = (): Draft => ({ name: '', role: 'guest', phone: '', language: language.peek() })

function useTexting(room: string): Texting {
  const [texting, setTexting] = useState<Texting>('asking')
  useEffect(() => {
    let here = true
    void textingIn(room).then((found) => here && setTexting(found))
    return () => void (here = false)
  }, [room])
  return texting
}

const followEvery = 1_000 // ms

/** Asks how far the message is, until it is settled. */
function useFollowing(room: string, fate: Fate | undefined, tell: (fate: Fate) => void): void {
  const message = fate?.state === 'going' ? fate.message : ''
  useEffect(() => {
    if (!message) return
    let here = true
    const timer = setInterval(() => {
      void follow(room, message).then((now) => here && tell(now))
    }, followEvery)
    return () => {
      here = false
      clearInterval(timer)
    }
  }, [message])
}

type AskProps = {
  draft: Draft
  onDraft: (part: Partial<Draft>) => void
  mayChoose: boolean
  texting: Texting
  refused: Extract<Fate, { state: 'refused' }> | undefined
  asked: boolean
  onLink: () => void
  onSend: () => void
}

function Ask({ draft, onDraft, mayChoose, texting, refused, asked, ...on }: AskProps) {
  const { invite } = asideWords.value
  const id = useId()
  // Whoever comes by SMS waits to be let in: a telephone is in anybody's hands.
  const sends = texting === 'yes' && draft.role === 'guest'
  const submit = (event: Event) => {
    event.preventDefault()
    if (sends && draft.phone.trim()) on.onSend()
    else if (!asked) on.onLink()
  }
  return (
    <form class="panel-form" onSubmit={submit}>
      <label for={id}>{sends ? invite.nameSent : invite.name}</label>
      <input
        id={id}
        class="input"
        value={draft.name}
        maxLength={maxNameCharacters}
        autocomplete="off"
        onInput={(event) => onDraft({ name: event.currentTarget.value })}
      />
      {mayChoose && (
        <fieldset class="choices">
          <legend>{invite.who}</legend>
          {(['guest', 'clinician'] as const).map((one) => (
            <label key={one} class="choice">
              <input
                type="radio"
                name="role"
                checked={draft.role === one}
                onChange={() => onDraft({ role: one })}
              />
              {invite.role[one]}
            </label>
          ))}
        </fieldset>
      )}
      {sends && <ByPhone draft={draft} onDraft={onDraft} onSend={on.onSend} />}
      {texting === 'signed-out' && <p class="soft">{invite.why['signed-out']()}</p>}
      <p role="alert">
        {refused && texting !== 'signed-out' && invite.why[refused.why](timeOf(refused.until))}
      </p>
      <button
        type="button"
        class={sends ? 'button' : 'button button--primary'}
        aria-disabled={asked}
        onClick={() => asked || on.onLink()}
      >
        {asked ? invite.making : invite.make}
      </button>
    </form>
  )
}

type ByPhoneProps = Pick<AskProps, 'draft' | 'onDraft' | 'onSend'>

function ByPhone({ draft, onDraft, onSend }: ByPhoneProps) {
  const { invite } = asideWords.value
  const id = useId()
  return (
    <fieldset class="choices">
      <legend>{invite.bySMS}</legend>
      <div class="panel-form">
        <label for={id}>{invite.phone}</label>
        <input
          id={id}
          class="input"
          type="tel"
          autocomplete="off"
          value={draft.phone}
          aria-describedby={`${id}-text`}
          onInput={(event) => onDraft({ phone: event.currentTarget.value })}
        />
        <p id={`${id}-text`} class="soft">
          {invite.smsText}
        </p>
        <span id={`${id}-language`}>{invite.smsLanguage}</span>
        <div role="radiogroup" aria-labelledby={`${id}-language`} class="sizes">
          {languages.map(({ code, name }) => (
            <label key={code} class="choice choice--small">
              <input
                type="radio"
                name="language"
                checked={draft.language === code}
                onChange={() => onDraft({ language: code })}
              />
              {name}
            </label>
          ))}
        </div>
        <button type="button" class="button button--primary" onClick={onSend}>
          {invite.send}
        </button>
      </div>
    </fieldset>
  )
}

type SentProps = {
  fate: Exclude<Fate, { state: 'refused' }>
  onAgain: () => void
  onLink: () => void
  onAnother: () => void
}

/** What has become of an SMS, and what to do where it does not arrive. */
function Sent({ fate, onAgain, onLink, onAnother }: SentProps) {
  const { invite } = asideWords.value
  const failed = fate.state === 'failed'
  return (
    <div class="panel-form">
      <p role="status">
        {failed ? invite.notSent : fate.state === 'sent' ? invite.sent : invite.going}
        {fate.reason && ` ${invite.reasons[fate.reason] ?? ''}`}
      </p>
      {failed && (
        <button type="button" class="button button--primary" onClick={onAgain}>
          {invite.correct}
        </button>
      )}
      {(failed || fate.reason) && (
        <button type="button" class="button" onClick={onLink}>
          {invite.make}
        </button>
      )}
      <button type="button" class="button" onClick={onAnother}>
        {invite.another}
      </button>
    </div>
  )
}

const timeOf = (at: number | undefined) =>
  at ? new Date(at).toLocaleTimeString(language.value, { hour: '2-digit', minute: '2-digit' }) : ''

type MadeProps = {
  invitation: Invitation
  ownSMS: boolean // the practice sends none: this device may
  onAnother: () => void
}

function Made({ invitation, ownSMS, onAnother }: MadeProps) {
  const { invite } = asideWords.value
  const { link, picture, expires } = invitation
  const [copied, setCopied] = useState<boolean>()
  const id = useId()
  const message = encodeURIComponent(invite.message(link))
  const copy = () =>
    navigator.clipboard.writeText(link).then(
      () => setCopied(true),
      () => setCopied(false),
    )
  return (
    <div class="panel-form">
      <label for={id}>{invite.link}</label>
      <input
        id={id}
        class="input"
        readOnly
        value={link}
        aria-describedby={`${id}-until`}
        onFocus={(event) => event.currentTarget.select()}
      />
      <p id={`${id}-until`} class="soft">
        {invite.until(timeOf(expires))}
      </p>
      <div class="person-actions">
        {'clipboard' in navigator && (
          <button type="button" class="button button--primary" onClick={() => void copy()}>
            {invite.copy}
          </button>
        )}
        {'share' in navigator && (
          <button
            type="button"
            class="button"
            onClick={() => void navigator.share({ text: invite.message(link) }).catch(() => {})}
          >
            {invite.share}
          </button>
        )}
        <a class="button" href={`mailto:?body=${message}`}>
          {invite.mail}
        </a>
      </div>
      <p role="status">
        {copied === undefined ? '' : copied ? invite.copied : invite.notCopied}
      </p>
      {ownSMS && <OwnSMS message={message} />}
      <img class="qr" src={picture} alt={invite.code} width={220} height={220} />
      <button type="button" class="button" onClick={onAnother}>
        {invite.another}
      </button>
    </div>
  )
}

/** Opens this device's own messages with the link in one, where there are any. */
function OwnSMS({ message }: { message: string }) {
  const { invite } = asideWords.value
  const [phone, setPhone] = useState('')
  const id = useId()
  return (
    <>
      <label for={id}>{invite.ownPhone}</label>
      <input
        id={id}
        class="input"
        type="tel"
        autocomplete="off"
        value={phone}
        onInput={(event) => setPhone(event.currentTarget.value)}
      />
      <div class="person-actions">
        <a class="button" href={`sms:${phone.replace(/[^+\d]/g, '')}?&body=${message}`}>
          {invite.sms}
        </a>
      </div>
    </>
  )
}
