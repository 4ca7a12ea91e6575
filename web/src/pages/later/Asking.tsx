import { useEffect } from 'preact/hooks'
import type { Call, PersonView } from '../../engine/api'
import { words } from '../../i18n'
import { asideWords } from '../../i18n/aside'
import type { Asked, Desk } from '../call/desk'
import { photo } from '../call/photo'
import { comfort, setComfort, textSizes } from '../parts/comfort'
import { Dialog, Question } from '../parts/Dialog'
import { Later } from '../parts/Later'
import { Modes } from '../mode/OwnMode'
import { modeWords } from '../mode/words'
import { Invite } from './Invite'
import { shortcuts } from './keys'

type Kind = 'none' | 'more' | 'devices' | 'mode' | 'leave' // asked elsewhere

type AskingProps = {
  call: Call
  desk: Desk
  asked: Exclude<Asked, { kind: Kind }>
  onClose: () => void
}

/** The dialogs that are opened late or never. */
export function Asking({ call, desk, asked, onClose }: AskingProps) {
  const { actions } = words.value
  const { confirm, invite, comfort: sentences, people } = asideWords.value
  const thenClose = (act: () => void) => () => {
    act()
    onClose()
  }
  switch (asked.kind) {
    case 'invite':
      return (
        <Dialog title={invite.open} onClose={onClose}>
          <Invite call={call} />
        </Dialog>
      )
    case 'comfort':
      return (
        <Dialog title={sentences.title} onClose={onClose}>
          <Settings />
        </Dialog>
      )
    case 'photo':
      return (
        <Later part={photo}>
          {({ AskPhoto }) => <AskPhoto call={call} onClose={onClose} />}
        </Later>
      )
    case 'admitAll': {
      const { waiting } = asked
      const guests = call.people.value.filter(({ role }) => role === 'guest')
      const ids = [...guests, ...waiting].map(({ id }) => id)
      return (
        <Question
          title={people.admitAllAsk}
          text={people.admitAllText([...guests, ...waiting].map(({ name }) => name).join(', '))}
          yes={actions.admit}
          no={asideWords.value.actions.cancel}
          onYes={thenClose(() => waiting.forEach(({ id }) => call.admit(id, ids)))}
          onNo={onClose}
        />
      )
    }
    case 'handOver':
      return (
        <Question
          title={people.handOverAsk(asked.name)}
          text={people.handOverText}
          yes={people.handOver}
          no={asideWords.value.actions.cancel}
          onYes={thenClose(() => call.handOver(asked.participant))}
          onNo={onClose}
        />
      )
    case 'modeOf':
      return (
        <ModeOf call={call} participant={asked.participant} name={asked.name} onClose={onClose} />
      )
    case 'end':
      return (
        <Question
          {...confirm.end}
          yes={actions.endForAll}
          no={asideWords.value.actions.cancel}
          onYes={() => call.end()}
          onNo={onClose}
        />
      )
    case 'beside':
      return <Beside call={call} desk={desk} {...asked} onClose={onClose} />
    case 'refuse':
    case 'block':
    case 'remove': {
      const { kind, name, participant } = asked
      return (
        <Question
          title={confirm[kind].title(name)}
          text={confirm[kind].text}
          yes={asideWords.value.actions[kind]}
          no={asideWords.value.actions.cancel}
          onYes={thenClose(() => call[kind](participant))}
          onNo={onClose}
        />
      )
    }
  }
}

/** How the page is read and driven. What is chosen holds at once. */
function Settings() {
  const sentences = asideWords.value.comfort
  const { text, few, keys } = comfort.value
  return (
    <>
      <fieldset class="choices">
        <legend>{sentences.text}</legend>
        <div class="sizes">
          {textSizes.map((size) => (
            <label key={size} class="choice">
              <input
                type="radio"
                name="text"
                checked={text === size}
                onChange={() => setComfort({ text: size })}
              />
              {sentences.size(size)}
            </label>
          ))}
        </div>
      </fieldset>
      <fieldset class="choices">
        <legend>{sentences.announcements}</legend>
        {[false, true].map((value) => (
          <label key={String(value)} class="choice">
            <input
              type="radio"
              name="announcements"
              checked={few === value}
              onChange={() => setComfort({ few: value })}
            />
            {value ? sentences.few : sentences.all}
          </label>
        ))}
      </fieldset>
      <label class="choice">
        <input
          type="checkbox"
          checked={keys}
          onChange={(event) => setComfort({ keys: event.currentTarget.checked })}
        />
        {sentences.keys}
      </label>
      {keys && (
        <dl class="keys">
          {(Object.keys(shortcuts) as (keyof typeof shortcuts)[]).map((name) => (
            <div key={name}>
              <dt>
                <kbd>{shortcuts[name].toUpperCase()}</kbd>
              </dt>
              <dd>{sentences.list[name]}</dd>
            </div>
          ))}
        </dl>
      )}
      <p>
        <a href="/accessibilite" target="_blank" rel="noopener">
          {sentences.statement}
        </a>
      </p>
    </>
  )
}

/** Two patients must not meet because the one before is still there: names them, and asks. */
function Beside({
  call,
  desk,
  participant,
  name,
  others,
  onClose,
}: {
  call: Call
  desk: Desk
  participant: string
  name: string
  others: PersonView[]
  onClose: () => void
}) {
  const { actions } = words.value
  const { confirm } = asideWords.value
  const [first] = others
  return (
    <Question
      title={confirm.beside.title(name, others.map((other) => other.name).join(', '))}
      text={confirm.beside.text}
      yes={actions.admit}
      no={asideWords.value.actions.cancel}
      onYes={() => {
        call.admit(
          participant,
          others.map((other) => other.id),
        )
        onClose()
      }}
      onNo={onClose}
    >
      {call.me.value?.role === 'host' && first && (
        <button
          type="button"
          class="button"
          onClick={() =>
            (desk.asked.value = { kind: 'remove', participant: first.id, name: first.name })
          }
        >
          {confirm.beside.first(first.name)}
        </button>
      )}
    </Question>
  )
}

/** A host sets the call of somebody who cannot: the person reads it and may choose again. */
function ModeOf({
  call,
  participant,
  name,
  onClose,
}: {
  call: Call
  participant: string
  name: string
  onClose: () => void
}) {
  const { actions } = words.value
  const person = call.people.value.find((one) => one.id === participant)
  useEffect(() => {
    if (!person) onClose()
  }, [!person])
  return (
    <Dialog title={modeWords.value.titleOf(name)} onClose={onClose}>
      <Modes
        mode={person?.mode ?? 'automatic'}
        onChoose={(mode) => call.setModeOf(participant, mode)}
      />
      <button type="button" class="button button--primary" onClick={onClose}>
        {actions.apply}
      </button>
    </Dialog>
  )
}
