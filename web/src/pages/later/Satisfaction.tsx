import { useState } from 'preact/hooks'
import type { Call, Ended } from '../../engine/api'
import { asideWords } from '../../i18n/aside'
import './satisfaction.css'

/** What an invitation says of itself: enough to know whether there is somebody to be asked. */
type Claims = { jti?: string; role?: string; kind?: string }

/** Whether an invitation is a patient's into a consultation of the practice. */
export function asks(invitation: string): boolean {
  try {
    const claims = invitation.split('.')[1]!.replaceAll('-', '+').replaceAll('_', '/')
    const { jti, role, kind } = JSON.parse(atob(claims)) as Claims
    return !!jti?.startsWith('p-') && role === 'guest' && kind === 'consultation'
  } catch {
    return false // no invitation in the address, as on a tablet
  }
}

/** Mouths from the worst to the best, in a face of 48. */
const mouths = ['M14 36q10-10 20 0', 'M15 34q9-5 18 0', 'M15 33h18', 'M15 31q9 6 18 0']
const best = 'M13 29q11 14 22 0z'

/** One question, five faces. Who has answered what is told to nobody. */
export function Satisfaction({ call, ended }: { call: Call; ended: Ended }) {
  const { satisfaction } = asideWords.value
  const { token: invitation } = call
  const [state, setState] = useState<'open' | 'going' | 'done' | 'failed' | 'gone'>('open')
  if (ended.place !== 'room' || !asks(invitation) || state === 'gone') return null
  const answer = async (face: number) => {
    if (state === 'going') return
    setState('going')
    try {
      const { ok, status } = await fetch('/api/satisfaction', {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ invitation, face }),
        cache: 'no-store',
      })
      // Nobody was met, or nobody counts here: there was nothing to be asked.
      setState(ok ? 'done' : status === 404 ? 'gone' : 'failed')
    } catch {
      setState('failed')
    }
  }
  if (state === 'done') return <p role="status">{satisfaction.thanks}</p>
  return (
    <fieldset class="faces">
      <legend>{satisfaction.question}</legend>
      <div class="faces-row">
        {[...mouths, best].map((mouth, at) => (
          <button
            key={mouth}
            type="button"
            class="button"
            onClick={() => void answer(at + 1)}
          >
            <svg
              viewBox="0 0 48 48"
              width="44"
              height="44"
              fill="none"
              stroke="currentColor"
              stroke-width="3"
              stroke-linecap="round"
              aria-hidden="true"
            >
              <circle cx="24" cy="24" r="21" />
              <path d={`M17 18v3M31 18v3${mouth}`} />
            </svg>
            {satisfaction.faces[at]}
          </button>
        ))}
      </div>
      <p class="soft">{satisfaction.anonymous}</p>
      <p role="alert">{state === 'failed' && satisfaction.failed}</p>
    </fieldset>
  )
}
