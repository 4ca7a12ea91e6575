import { SelectField, TextField } from '../parts/Field'
import { usualChannel } from '../session'
import { words } from '../words'
import type { Draft, Guest } from './draft'
import { ContactFields } from './WhereFields'

/** Whoever came into a call while it went on is chosen nowhere, and stays what they are. */
const kindsFor = ({ kind }: Guest): readonly Guest['kind'][] =>
  kind === 'called' ? [kind] : ['relative', 'interpreter', 'external']

type GuestsProps = { draft: Draft; set: (part: Partial<Draft>) => void; told: boolean }

/** Relatives, interpreters and professionals from elsewhere: each gets a link of their own. */
export function Guests({ draft, set, told }: GuestsProps) {
  const { guests: sentences } = words.value.booking
  const { common } = words.value
  const change = (index: number, part: Partial<Guest>) =>
    set({ guests: draft.guests.map((one, i) => (i === index ? { ...one, ...part } : one)) })
  return (
    <fieldset class="group">
      <legend>{sentences.legend}</legend>
      {draft.guests.map((guest, index) => (
        <div key={index} class="guest">
          <div class="toolbar">
            <SelectField
              label={sentences.kind}
              value={guest.kind}
              onValue={(kind) => change(index, { kind: kind as Guest['kind'] })}
              options={kindsFor(guest).map((kind) => [kind, sentences.kinds[kind]] as const)}
            />
            <TextField
              label={sentences.name}
              value={guest.name}
              autocomplete="off"
              wrong={told && !guest.name.trim() ? common.required : undefined}
              onValue={(name) => change(index, { name })}
            />
          </div>
          <ContactFields value={guest} told={told} onChange={(part) => change(index, part)} />
          <button
            type="button"
            class="button"
            onClick={() => set({ guests: draft.guests.filter((_, i) => i !== index) })}
          >
            {sentences.remove}
          </button>
        </div>
      ))}
      <button
        type="button"
        class="button"
        onClick={() =>
          set({
            guests: [
              ...draft.guests,
              { kind: 'relative', name: '', email: '', phone: '', channel: usualChannel() },
            ],
          })
        }
      >
        {sentences.add}
      </button>
    </fieldset>
  )
}
