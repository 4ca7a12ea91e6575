import { useEffect, useState } from 'preact/hooks'
import { PageTitle } from '../../pages/parts/PageTitle'
import type { PasskeyChallenge, Provider, SecondFactor, Ways } from '../api'
import { useDoing } from '../parts/doing'
import { TextField } from '../parts/Field'
import { ProblemNote } from '../parts/Problem'
import { useReading } from '../parts/reading'
import { hasPasskeys, usePasskey } from '../passkeys'
import { post, type Problem } from '../request'
import { readMe } from '../session'
import { words } from '../words'

type SignInProps = {
  /** Why the last try ended, as the address says after a provider sent somebody back. */
  problem?: Problem
  /** A page lies below and stays: providers open in another tab. */
  aside?: boolean
}

/** All ways to sign in that the server knows. */
export function SignIn({ problem, aside = false }: SignInProps) {
  const { common, sign } = words.value
  const ways = useReading<Ways>('/api/sign-in')
  if (!ways.data)
    return ways.problem ? (
      <ProblemNote problem={ways.problem} onRetry={() => void ways.again()} />
    ) : (
      <p role="status">{common.loading}</p>
    )
  const { providers, local, demo } = ways.data
  return (
    <>
      {!aside && <PageTitle>{sign.title}</PageTitle>}
      {!aside && <p class="lead">{sign.lead}</p>}
      {demo && <p class="demo">{common.demo}</p>}
      <ProblemNote problem={problem} />
      {providers.length > 0 && (
        <div class="actions">
          {providers.map((provider) => (
            <ProviderButton key={provider.id} provider={provider} aside={aside} />
          ))}
          {aside && <p class="soft">{common.ended.elsewhere}</p>}
        </div>
      )}
      {local && providers.length > 0 && <p class="or">{sign.or}</p>}
      {local && <LocalSignIn />}
      {!local && providers.length === 0 && <p role="alert">{sign.noWay}</p>}
    </>
  )
}

function ProviderButton({ provider, aside }: { provider: Provider; aside: boolean }) {
  const { sign } = words.value
  useReturn(aside)
  return (
    <a
      class="button button--primary button--large"
      href={`/api/sign-in/oidc/${encodeURIComponent(provider.id)}?return=/`}
      target={aside ? '_blank' : undefined}
    >
      <span>
        {sign.with(provider.label)}
        {provider.away && <span class="away"> ({sign.away})</span>}
      </span>
    </a>
  )
}

/** Whoever signed in in another tab comes back to this one. */
function useReturn(aside: boolean): void {
  useEffect(() => {
    if (!aside) return
    const look = () => void readMe()
    addEventListener('focus', look)
    return () => removeEventListener('focus', look)
  }, [aside])
}

function LocalSignIn() {
  const { sign } = words.value
  const [login, setLogin] = useState('')
  const [password, setPassword] = useState('')
  const [factor, setFactor] = useState<SecondFactor>()
  const [code, setCode] = useState('')
  const [unread, setUnread] = useState('')
  const { busy, problem, run, setProblem } = useDoing()

  const first = async (event: Event) => {
    event.preventDefault()
    const answer = await run(() =>
      post<SecondFactor>('/api/sign-in/password', { login: login.trim(), password }),
    )
    if (answer) setFactor(answer.data)
  }
  const second = async (event: Event) => {
    event.preventDefault()
    const answer = await run(() =>
      post('/api/sign-in/code', { challenge: factor!.challenge, code: code.replace(/\s/g, '') }),
    )
    if (answer) await readMe()
    else setCode('')
  }
  const passkey = async () => {
    setUnread('')
    if (!hasPasskeys()) return setUnread(sign.noPasskeys)
    const challenge = await run(() => post<PasskeyChallenge>('/api/sign-in/passkey'))
    if (!challenge) return
    let answer
    try {
      answer = await usePasskey(challenge.data)
    } catch {
      return setUnread(sign.passkeyFailed)
    }
    if (await run(() => post('/api/sign-in/passkey/answer', answer))) await readMe()
  }

  if (factor)
    return (
      <form class="form" onSubmit={second}>
        <TextField
          label={sign.code}
          help={sign.codeHelp}
          value={code}
          onValue={setCode}
          inputMode="numeric"
          autocomplete="one-time-code"
          required
          maxLength={7}
        />
        <ProblemNote problem={problem} />
        <div class="actions">
          <button class="button button--primary button--large" aria-disabled={busy}>
            {sign.enter}
          </button>
          <button
            type="button"
            class="button"
            onClick={() => {
              setFactor(undefined)
              setCode('')
              setProblem(undefined)
            }}
          >
            {words.value.common.actions.back}
          </button>
        </div>
      </form>
    )
  return (
    <form class="form" onSubmit={first}>
      <TextField
        label={sign.login}
        value={login}
        onValue={setLogin}
        autocomplete="username"
        spellcheck={false}
        required
      />
      <TextField
        label={sign.password}
        type="password"
        value={password}
        onValue={setPassword}
        autocomplete="current-password"
        required
      />
      <ProblemNote problem={problem} />
      <div class="actions">
        <button class="button button--primary button--large" aria-disabled={busy}>
          {sign.next}
        </button>
        <button type="button" class="button" aria-disabled={busy} onClick={() => void passkey()}>
          {sign.passkey}
        </button>
      </div>
      {unread && <p role="alert">{unread}</p>}
    </form>
  )
}
