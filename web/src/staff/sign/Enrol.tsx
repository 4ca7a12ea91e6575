import { useEffect, useState } from 'preact/hooks'
import { PageTitle } from '../../pages/parts/PageTitle'
import { Shell } from '../../pages/parts/Shell'
import type { Enrolment, NewCode, PasskeyChallenge } from '../api'
import { useDoing } from '../parts/doing'
import { RadioField, TextField } from '../parts/Field'
import { ProblemNote } from '../parts/Problem'
import { hasPasskeys, makePasskey } from '../passkeys'
import { post } from '../request'
import { words } from '../words'

/** The shortest password that the server takes. */
const shortest = 12 // characters

/** A one-time link: who opens it chooses how they will sign in, and is signed in. */
export function Enrol() {
  const { sign, common } = words.value
  const [key] = useState(() => location.hash.slice(1))
  const [link, setLink] = useState<Enrolment>()
  const [code, setCode] = useState<NewCode>()
  const { problem, run } = useDoing()

  const read = async () => {
    const answer = await run(() => post<Enrolment>('/api/enrol', { key }))
    if (answer) setLink(answer.data)
  }
  useEffect(() => {
    document.title = `${sign.enrol.title} – Draille`
    if (key) void read()
  }, [])

  return (
    <Shell>
      <div class="step">
        <PageTitle>{sign.enrol.title}</PageTitle>
        {!key && <p role="alert">{sign.enrol.missing}</p>}
        {key && !link && !problem && <p role="status">{common.loading}</p>}
        {!link && (
          <ProblemNote
            problem={problem}
            onRetry={problem?.code === 'unreached' ? () => void read() : undefined}
          />
        )}
        {link && !code && <Choose link={link} oneTime={key} onCode={setCode} />}
        {code && <Confirm oneTime={key} code={code} />}
      </div>
    </Shell>
  )
}

type ChooseProps = { link: Enrolment; oneTime: string; onCode: (code: NewCode) => void }

function Choose({ link, oneTime, onCode }: ChooseProps) {
  const { sign } = words.value
  const [givenName, setGivenName] = useState(link.givenName)
  const [familyName, setFamilyName] = useState(link.familyName)
  const [login, setLogin] = useState(link.login)
  const [password, setPassword] = useState('')
  const [way, setWay] = useState('password')
  const [unread, setUnread] = useState('')
  const { busy, problem, run } = useDoing()
  const first = link.purpose === 'first'
  const names = first ? { givenName: givenName.trim(), familyName: familyName.trim() } : {}
  const missing = shortest - [...password].length

  const submit = async (event: Event) => {
    event.preventDefault()
    setUnread('')
    if (way === 'passkey') return byPasskey()
    if (missing > 0) return
    const answer = await run(() =>
      post<NewCode>('/api/enrol/password', {
        key: oneTime,
        login: login.trim(),
        password,
        ...names,
      }),
    )
    if (answer) onCode(answer.data)
  }
  const byPasskey = async () => {
    const challenge = await run(() =>
      post<PasskeyChallenge>('/api/enrol/passkey', { key: oneTime, login: login.trim(), ...names }),
    )
    if (!challenge) return
    let made
    try {
      made = await makePasskey(challenge.data, 'Draille')
    } catch {
      return setUnread(sign.passkeyFailed)
    }
    if (await run(() => post('/api/enrol/passkey/answer', made))) location.replace('/')
  }

  return (
    <form class="form" onSubmit={(event) => void submit(event)}>
      {link.givenName && (
        <p class="lead">{sign.enrol.hello(`${link.givenName} ${link.familyName}`)}</p>
      )}
      <p>{sign.enrol[link.purpose]}</p>
      {first && (
        <div class="pair">
          <TextField
            label={sign.enrol.givenName}
            value={givenName}
            onValue={setGivenName}
            autocomplete="given-name"
            required
          />
          <TextField
            label={sign.enrol.familyName}
            value={familyName}
            onValue={setFamilyName}
            autocomplete="family-name"
            required
          />
        </div>
      )}
      <TextField
        label={sign.enrol.login}
        help={sign.enrol.loginHelp}
        value={login}
        onValue={setLogin}
        autocomplete="username"
        spellcheck={false}
        required
      />
      {hasPasskeys() && (
        <RadioField
          label={sign.enrol.choose}
          value={way}
          onValue={setWay}
          options={[
            ['password', sign.enrol.byPassword],
            ['passkey', sign.enrol.byPasskey],
          ]}
        />
      )}
      {way === 'password' && (
        <TextField
          label={sign.enrol.password}
          type="password"
          help={password && missing > 0 ? sign.enrol.short(missing) : sign.enrol.passwordHelp}
          value={password}
          onValue={setPassword}
          autocomplete="new-password"
          minLength={shortest}
          required
        />
      )}
      <ProblemNote problem={problem} />
      {unread && <p role="alert">{unread}</p>}
      <div class="actions">
        <button class="button button--primary button--large" aria-disabled={busy}>
          {way === 'passkey' ? sign.enrol.create : sign.next}
        </button>
      </div>
    </form>
  )
}

function Confirm({ oneTime, code }: { oneTime: string; code: NewCode }) {
  const { sign } = words.value
  const [digits, setDigits] = useState('')
  const { busy, problem, run } = useDoing()
  const submit = async (event: Event) => {
    event.preventDefault()
    const answer = await run(() =>
      post('/api/enrol/code', { key: oneTime, code: digits.replace(/\s/g, '') }),
    )
    if (answer) location.replace('/')
  }
  return (
    <form class="form" onSubmit={(event) => void submit(event)}>
      <p>{sign.enrol.scan}</p>
      <p class="soft">{sign.enrol.app}</p>
      <img class="qr" src={code.qr} alt={sign.enrol.qr} width={220} height={220} />
      <p>
        {sign.enrol.secret} <code class="secret">{code.secret.replace(/(.{4})(?=.)/g, '$1 ')}</code>
      </p>
      <TextField
        label={sign.enrol.confirm}
        value={digits}
        onValue={setDigits}
        inputMode="numeric"
        autocomplete="one-time-code"
        maxLength={7}
        required
      />
      <ProblemNote problem={problem} />
      <div class="actions">
        <button class="button button--primary button--large" aria-disabled={busy}>
          {sign.enrol.done}
        </button>
      </div>
    </form>
  )
}
