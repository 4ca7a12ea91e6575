import { useId, useState } from 'preact/hooks'
import type { Call } from '../../engine/api'
import { language } from '../../i18n'
import { asideWords } from '../../i18n/aside'
import { maxNameCharacters, type Invitation } from '../../protocol/messages'

/** A link to this call, for somebody who is missing. */
export function Invite({ call }: { call: Call }) {
  const [asked, setAsked] = useState(false)
  const invitation = asked ? call.invitation.value : undefined
  if (invitation) return <Made invitation={invitation} onAnother={() => setAsked(false)} />
  return <Ask call={call} asked={asked} onAsk={() => setAsked(true)} />
}

function Ask({ call, asked, onAsk }: { call: Call; asked: boolean; onAsk: () => void }) {
  const { invite } = asideWords.value
  const [name, setName] = useState('')
  const [role, setRole] = useState<'guest' | 'clinician'>('guest')
  const id = useId()
  const submit = (event: Event) => {
    event.preventDefault()
    call.invite(role, name.trim())
    onAsk()
  }
  return (
    <form class="panel-form" onSubmit={submit}>
      <label for={id}>{invite.name}</label>
      <input
        id={id}
        class="input"
        value={name}
        maxLength={maxNameCharacters}
        autocomplete="off"
        onInput={(event) => setName(event.currentTarget.value)}
      />
      {call.me.value?.role === 'host' && (
        <fieldset class="choices">
          <legend>{invite.who}</legend>
          {(['guest', 'clinician'] as const).map((one) => (
            <label key={one} class="choice">
              <input
                type="radio"
                name="role"
                checked={role === one}
                onChange={() => setRole(one)}
              />
              {invite.role[one]}
            </label>
          ))}
        </fieldset>
      )}
      <button type="submit" class="button button--primary" disabled={asked}>
        {asked ? invite.making : invite.make}
      </button>
    </form>
  )
}

function Made({ invitation, onAnother }: { invitation: Invitation; onAnother: () => void }) {
  const { invite } = asideWords.value
  const { link, picture, expires } = invitation
  const [copied, setCopied] = useState<boolean>()
  const [phone, setPhone] = useState('')
  const id = useId()
  const text = encodeURIComponent(invite.message(link))
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
        {invite.until(
          new Date(expires).toLocaleTimeString(language.value, {
            hour: '2-digit',
            minute: '2-digit',
          }),
        )}
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
        <a class="button" href={`mailto:?body=${text}`}>
          {invite.mail}
        </a>
      </div>
      <p role="status">
        {copied === undefined ? '' : copied ? invite.copied : invite.notCopied}
      </p>
      <label for={`${id}-phone`}>{invite.phone}</label>
      <input
        id={`${id}-phone`}
        class="input"
        type="tel"
        autocomplete="off"
        value={phone}
        onInput={(event) => setPhone(event.currentTarget.value)}
      />
      <div class="person-actions">
        <a class="button" href={`sms:${phone.replace(/[^+\d]/g, '')}?&body=${text}`}>
          {invite.sms}
        </a>
      </div>
      <img class="qr" src={picture} alt={invite.code} width={220} height={220} />
      <button type="button" class="button" onClick={onAnother}>
        {invite.another}
      </button>
    </div>
  )
}
