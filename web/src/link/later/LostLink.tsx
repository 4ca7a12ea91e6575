import { useState } from 'preact/hooks'
import { language } from '../../i18n/language'
import { PageTitle } from '../../pages/parts/PageTitle'
import { lostWords } from './words'

/** The answer is the same whoever asks: it tells nobody that somebody is a patient. */
export function LostLink({ alone }: { alone: boolean }) {
  const lost = lostWords[language.value]
  const [contact, setContact] = useState('')
  const [state, setState] = useState<'idle' | 'sending' | 'done' | 'failed'>('idle')
  const send = async (event: Event) => {
    event.preventDefault()
    if (state === 'sending') return
    setState('sending')
    try {
      const response = await fetch('/api/link/lost', {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ contact: contact.trim() }),
      })
      setState(response.ok ? 'done' : 'failed')
    } catch {
      setState('failed')
    }
  }
  return (
    <form class="step lost" onSubmit={(event) => void send(event)}>
      {alone ? <PageTitle>{lost.title}</PageTitle> : <h2>{lost.title}</h2>}
      <p>{lost.text}</p>
      <div class="field">
        <label for="contact">{lost.label}</label>
        <input
          id="contact"
          class="input"
          value={contact}
          required
          autocomplete="email"
          spellcheck={false}
          onInput={(event) => setContact(event.currentTarget.value)}
        />
      </div>
      <button class="button button--primary" aria-disabled={state === 'sending'}>
        {lost.send}
      </button>
      <p role="status">{state === 'done' && lost.done}</p>
      <p role="alert">{state === 'failed' && lost.failed}</p>
    </form>
  )
}
