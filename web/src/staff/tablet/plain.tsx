import { useState } from 'preact/hooks'
import { PageTitle } from '../../pages/parts/PageTitle'
import { Shell } from '../../pages/parts/Shell'
import { useDoing } from '../parts/doing'
import { TextField } from '../parts/Field'
import { ProblemNote } from '../parts/Problem'
import { words } from '../words'
import { hasKeys } from './device'

/** Short help beside a screen. */
export function Aside({ steps }: { steps: Record<string, string> }) {
  return (
    <aside class="tablet-help" aria-label={words.value.help.region}>
      <ul class="help-steps">
        {Object.values(steps).map((step) => (
          <li key={step}>{step}</li>
        ))}
      </ul>
    </aside>
  )
}

const codeDigits = 8 // as desk/tablets.go makes it

/** Done once, with the code that the administrator reads out. */
export function Enrol({ onCode }: { onCode: (code: string) => Promise<void> }) {
  const { enrol } = words.value.tablet
  const [code, setCode] = useState('')
  const [told, setTold] = useState(false)
  const { busy, problem, run } = useDoing()
  const digits = code.replace(/\D/g, '')
  const short = digits.length !== codeDigits
  const submit = (event: Event) => {
    event.preventDefault()
    // One that cannot be right is not asked about: the server counts what is.
    setTold(short)
    if (!short) void run(() => onCode(digits))
  }
  return (
    <Shell>
      <form class="step" noValidate onSubmit={submit}>
        <PageTitle>{enrol.title}</PageTitle>
        <p class="lead">{enrol.text}</p>
        {hasKeys() ? (
          <>
            <TextField
              label={enrol.code}
              value={code}
              onValue={setCode}
              wrong={told && short ? enrol.short : undefined}
              inputMode="numeric"
              autocomplete="one-time-code"
            />
            <ProblemNote problem={problem} />
            <div class="actions">
              <button class="button button--primary button--large" aria-disabled={busy}>
                {enrol.button}
              </button>
            </div>
          </>
        ) : (
          <p role="alert">{enrol.noKeys}</p>
        )}
        <Aside steps={enrol.help} />
      </form>
    </Shell>
  )
}

export function Revoked({ onAgain }: { onAgain: () => void }) {
  const { revoked } = words.value.tablet
  return <Message text={revoked} alert onBack={onAgain} />
}

/** Nothing of anybody is on this screen. */
export function Idle({ onShow }: { onShow: () => void }) {
  return <Message text={words.value.tablet.idle} onBack={onShow} />
}

type MessageProps = {
  text: { title: string; text: string; wiped?: string; button: string }
  alert?: boolean
  again?: string // on the button that undoes it
  onAgain?: () => void
  onBack: () => void
}

export function Message({ text, alert = false, again, onAgain, onBack }: MessageProps) {
  return (
    <Shell>
      <div class="step step--centred">
        <PageTitle key={text.title}>{text.title}</PageTitle>
        <p class="lead" role={alert ? 'alert' : undefined}>
          {text.text}
        </p>
        {text.wiped && <p>{text.wiped}</p>}
        <div class="actions">
          <button type="button" class="button button--primary button--large" onClick={onBack}>
            {text.button}
          </button>
          {again && (
            <button type="button" class="button" onClick={onAgain}>
              {again}
            </button>
          )}
        </div>
      </div>
    </Shell>
  )
}
