import { useState } from 'preact/hooks'

import { chooseLanguage, language, languages, type Language } from '../i18n/language'
import type { Passkey, PasskeyChallenge, Session } from './api'
import { moment, ownZone } from './dates'
import { Notices } from './Notices'
import { useDoing } from './parts/doing'
import { RadioField, TextField } from './parts/Field'
import { Frame } from './parts/Frame'
import { ProblemNote } from './parts/Problem'
import { useReading } from './parts/reading'
import { hasPasskeys, makePasskey } from './passkeys'
import { answerOf, post, put, remove } from './request'
import { me, sendable } from './session'
import { tourOpen } from './Tour'
import { words } from './words'

/** Where one is signed in, how, and how to sign out. */
export function AccountPage() {
  const { common } = words.value
  const who = me.value!
  const { busy, problem, run } = useDoing()
  const signOut = async () => {
    const answer = await run(() => answerOf<void>('POST', '/api/sign-out'))
    if (answer) location.assign(answer.data.response.headers.get('Location') ?? '/')
  }
  return (
    <Frame title={common.account.title} help="account">
      <section class="panelcard">
        <p class="lead">
          {[who.person.title, who.person.givenName, who.person.familyName]
            .filter((part) => part)
            .join(' ')}
        </p>
        <div class="actions actions--row">
          <button
            type="button"
            class="button button--primary"
            aria-disabled={busy}
            onClick={() => void signOut()}
          >
            {common.actions.signOut}
          </button>
          <button type="button" class="button" onClick={() => (tourOpen.value = true)}>
            {common.actions.startTour}
          </button>
        </div>
        <ProblemNote problem={problem} />
        <RadioField
          label={common.account.language}
          value={language.value}
          onValue={(code) => chooseLanguage(code as Language)}
          options={languages.map(({ code, name }) => [code, name] as const)}
        />
      </section>
      {sendable.value.includes('mail') && <Notices />}
      <Sessions />
      {who.local && <Passkeys />}
      {who.local && <Password />}
    </Frame>
  )
}

function Sessions() {
  const { common } = words.value
  const { account } = common
  const { data, problem, again } = useReading<Session[]>('/api/me/sessions')
  const doing = useDoing()
  const end = (path: string, success: string) =>
    doing.run(async () => {
      await remove(path)
      await again()
    }, success)
  return (
    <section class="panelcard" aria-labelledby="sessions">
      <h2 id="sessions">{account.sessions}</h2>
      <p class="soft">{account.callGoesOn}</p>
      <ProblemNote problem={problem ?? doing.problem} onRetry={() => void again()} />
      <ul class="lines-list">
        {data?.map((session) => (
          <li key={session.id} class="participant">
            <div>
              <strong>{session.browser}</strong>{' '}
              {session.current && <span class="chip chip--good">{account.current}</span>}
              <p class="soft">
                {account.opened(moment(session.createdAt, ownZone))}{' '}
                {account.method[session.method]} ·{' '}
                {account.seen(moment(session.seenAt, ownZone))}
              </p>
            </div>
            {!session.current && (
              <button
                type="button"
                class="button"
                onClick={() => void end(`/api/me/sessions/${session.id}`, common.saved)}
              >
                {common.actions.endSession}
              </button>
            )}
          </li>
        ))}
      </ul>
      {(data?.length ?? 0) > 1 && (
        <button
          type="button"
          class="button"
          onClick={() => void end('/api/me/sessions', account.othersEnded)}
        >
          {common.actions.endOthers}
        </button>
      )}
      <p role="status">{doing.done}</p>
    </section>
  )
}

function Passkeys() {
  const { common, sign } = words.value
  const { account } = common
  const { data, problem, again } = useReading<Passkey[]>('/api/me/passkeys')
  const doing = useDoing()
  const [name, setName] = useState('')
  const [unread, setUnread] = useState('')
  const add = async (event: Event) => {
    event.preventDefault()
    setUnread('')
    if (!hasPasskeys()) return setUnread(sign.noPasskeys)
    const challenge = await doing.run(() => post<PasskeyChallenge>('/api/me/passkeys'))
    if (!challenge) return
    let made
    try {
      made = await makePasskey(challenge.data, name.trim())
    } catch {
      return setUnread(sign.passkeyFailed)
    }
    if (await doing.run(() => post('/api/me/passkeys/answer', made), common.saved)) {
      setName('')
      await again()
    }
  }
  return (
    <section class="panelcard" aria-labelledby="passkeys">
      <h2 id="passkeys">{account.passkeys}</h2>
      <ProblemNote problem={problem ?? doing.problem} />
      {data?.length === 0 && <p class="soft">{account.noPasskey}</p>}
      <ul class="lines-list">
        {data?.map((one) => (
          <li key={one.id} class="participant">
            <div>
              <strong>{one.name}</strong> <span class="soft">{moment(one.createdAt, ownZone)}</span>
            </div>
            <button
              type="button"
              class="button"
              onClick={() =>
                void doing.run(async () => {
                  await remove(`/api/me/passkeys/${one.id}`)
                  await again()
                }, common.saved)
              }
            >
              {common.actions.remove}
            </button>
          </li>
        ))}
      </ul>
      <form class="toolbar" onSubmit={(event) => void add(event)}>
        <TextField label={account.passkeyName} value={name} onValue={setName} required />
        <button class="button" aria-disabled={doing.busy}>
          {common.actions.addPasskey}
        </button>
      </form>
      <p role="status">{doing.done}</p>
      {unread && <p role="alert">{unread}</p>}
    </section>
  )
}

function Password() {
  const { common } = words.value
  const { account } = common
  const [old, setOld] = useState('')
  const [next, setNext] = useState('')
  const { busy, problem, done, run } = useDoing()
  const change = async (event: Event) => {
    event.preventDefault()
    const answer = await run(
      () => put('/api/me/password', { old, new: next }),
      account.passwordChanged,
    )
    if (answer) {
      setOld('')
      setNext('')
    }
  }
  return (
    <section class="panelcard" aria-labelledby="password">
      <h2 id="password">{account.password}</h2>
      <form class="form" onSubmit={(event) => void change(event)}>
        <TextField
          label={account.oldPassword}
          type="password"
          autocomplete="current-password"
          value={old}
          onValue={setOld}
          required
        />
        <TextField
          label={account.newPassword}
          type="password"
          autocomplete="new-password"
          minLength={12}
          value={next}
          onValue={setNext}
          required
        />
        <ProblemNote problem={problem} />
        <button class="button" aria-disabled={busy}>
          {common.actions.changePassword}
        </button>
      </form>
      <p role="status">{done}</p>
    </section>
  )
}
