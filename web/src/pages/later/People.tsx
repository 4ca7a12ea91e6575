import { useId, useState } from 'preact/hooks'
import type { Call, PersonView } from '../../engine/api'
import { words } from '../../i18n'
import { asideWords } from '../../i18n/aside'
import { maxNoteCharacters } from '../../protocol/messages'
import { useMinutesSince } from '../parts/hooks'
import { Icon, type IconName } from '../parts/icons'
import { admit, mayAdmit, raisedHands, type Desk } from '../call/desk'
import { Quality } from '../parts/Quality'
import { standing } from '../parts/standing'
import { DrawnIcon } from './drawings'

/** Who waits, whose hand is up, who is here; and for a host what they may do about it. */
export function People({ call, desk }: { call: Call; desk: Desk }) {
  const host = call.me.value?.role === 'host'
  return (
      <div class="panel-scroll">
        {mayAdmit(call) && call.waiting.value.length > 0 && (
          <Waiting call={call} desk={desk} host={host} />
        )}
        <Hands call={call} host={host} />
        <Present call={call} desk={desk} host={host} />
        {mayAdmit(call) && <Note call={call} />}
        {host && <Room call={call} desk={desk} />}
      </div>
  )
}

function Waiting({ call, desk, host }: { call: Call; desk: Desk; host: boolean }) {
  const { actions } = words.value
  const { people } = asideWords.value
  const nameOf = (id: string) =>
    [...call.people.value, ...call.waiting.value].find((person) => person.id === id)?.name ?? ''
  return (
    <section>
      <h3>{people.waiting}</h3>
      {call.waiting.value.length > 1 && <AdmitAll call={call} desk={desk} />}
      <ul class="persons">
        {call.waiting.value.map((person) => (
          <li key={person.id} class="person" data-participant={person.id}>
            <p class="person-name">{person.name}</p>
            {person.connected ? (
              <Since since={person.since} />
            ) : (
              <p class="soft">{words.value.tile.away}</p>
            )}
            <Invited person={person} />
            {person.sameLink.length > 0 && (
              <p class="soft">{people.sameLink(person.sameLink.map(nameOf).join(', '))}</p>
            )}
            {person.removedOnce && <p class="soft">{people.removedOnce}</p>}
            {person.refused > 0 && <p class="soft">{people.refused(person.refused)}</p>}
            <div class="person-actions">
              <button
                type="button"
                class="button button--primary"
                aria-label={people.admitName(person.name)}
                onClick={() => admit(call, desk, person)}
              >
                {actions.admit}
              </button>
              <button
                type="button"
                class="button"
                aria-label={people.refuseName(person.name)}
                onClick={() => {
                  const { id: participant, name } = person
                  desk.asked.value = { kind: 'refuse', participant, name }
                }}
              >
                {asideWords.value.actions.refuse}
              </button>
              {host && (
                <Block desk={desk} person={person} />
              )}
            </div>
          </li>
        ))}
      </ul>
    </section>
  )
}

/** Everybody who waits, at once; of whom there were patients, only when they may meet. */
function AdmitAll({ call, desk }: { call: Call; desk: Desk }) {
  const all = () => {
    const waiting = call.waiting.value
    if (call.kind.value === 'consultation') desk.asked.value = { kind: 'admitAll', waiting }
    else for (const { id } of waiting) call.admit(id)
  }
  return (
    <button type="button" class="button" onClick={all}>
      {asideWords.value.people.admitAll}
    </button>
  )
}

/** What somebody is here, and what their invitation calls them, where that is another name. */
function Invited({ person }: { person: PersonView }) {
  return (
    <p class="soft">
      {standing(person.role, person.invitedAs)}
    </p>
  )
}

function Block({ desk, person }: { desk: Desk; person: PersonView }) {
  const { people } = asideWords.value
  const { id: participant, name } = person
  return (
    <button
      type="button"
      class="button button--warn"
      aria-label={people.blockName(name)}
      onClick={() => (desk.asked.value = { kind: 'block', participant, name })}
    >
      {asideWords.value.actions.block}
    </button>
  )
}

function Since({ since }: { since: number }) {
  const minutes = useMinutesSince(since)
  return minutes ? <p class="soft">{words.value.waits.since(minutes)}</p> : null
}

function Hands({ call, host }: { call: Call; host: boolean }) {
  const { people } = asideWords.value
  const hands = raisedHands(call)
  if (hands.length === 0) return null
  const nameOf = (id: string) => call.people.value.find((person) => person.id === id)?.name ?? ''
  return (
    <section>
      <h3>{people.hands}</h3>
      <ol class="persons persons--ranked">
        {hands.map((id) => (
          <li key={id} class="person">
            <p class="person-name">
              <Icon name="hand" />
              {nameOf(id)}
            </p>
            {host && (
              <button
                type="button"
                class="button"
                aria-label={people.lowerHandOf(nameOf(id))}
                onClick={() => call.lowerHand(id)}
              >
                {asideWords.value.actions.lowerHand}
              </button>
            )}
          </li>
        ))}
      </ol>
    </section>
  )
}

function Present({ call, desk, host }: { call: Call; desk: Desk; host: boolean }) {
  const { people } = asideWords.value
  return (
    <section>
      <h3>
        {people.present} ({call.people.value.length})
      </h3>
      {call.people.value.length > 2 && (
        <p id="interpreter-help" class="soft">
          {asideWords.value.people.interpreter} : {asideWords.value.people.interpreterHelp}
        </p>
      )}
      <ul class="persons">
        {call.people.value.map((person) => (
          <li key={person.id} class="person" data-participant={person.id}>
            <p class="person-name">
              {person.name} {person.me && people.you}
            </p>
            <p class="soft person-state">
              {standing(person.role)}
              {person.invitedAs && <span>{words.value.people.invitedAs(person.invitedAs)}</span>}
              <State
                icon={person.microphone ? 'microphone' : 'microphoneOff'}
                label={person.microphone ? people.microphoneOn : people.microphoneOff}
              />
              <State
                icon={person.camera ? 'camera' : 'cameraOff'}
                label={person.camera ? people.cameraOn : people.cameraOff}
              />
              {person.mode !== 'automatic' && <span>{words.value.mode.name[person.mode]}</span>}
              <Quality level={call.qualityLevels.value[person.id]} />
              {!person.me && !person.connected && <span>{words.value.tile.away}</span>}
            </p>
            {!person.me && <Closer call={call} desk={desk} person={person} />}
            {host && !person.me && <HostActions call={call} desk={desk} person={person} />}
          </li>
        ))}
      </ul>
    </section>
  )
}

/** How somebody is heard and seen here alone. */
function Closer({ call, desk, person: { id, name } }: PersonProps) {
  const { people } = asideWords.value
  const volume = call.volumes.value && (call.volumes.value[id] ?? 1)
  const followed = desk.interpreter.value === id
  return (
    <>
      {volume !== undefined && (
        <input
          class="volume"
          type="range"
          min={0}
          max={1}
          step={0.05}
          value={volume}
          aria-label={people.volume(name)}
          onInput={(event) => call.setVolume(id, Number(event.currentTarget.value))}
        />
      )}
      {call.people.value.length > 2 && (
        <div class="person-actions">
          <button
            type="button"
            class={followed ? 'button button--on' : 'button'}
            aria-label={followed ? people.notInterpreter : people.interpreterName(name)}
            aria-describedby={followed ? undefined : 'interpreter-help'}
            onClick={() => (desk.interpreter.value = followed ? '' : id)}
          >
            {followed ? people.notInterpreter : people.interpreter}
          </button>
        </div>
      )}
    </>
  )
}

type PersonProps = { call: Call; desk: Desk; person: PersonView }

function State({ icon, label }: { icon: IconName; label: string }) {
  return (
    <span class="person-device">
      <Icon name={icon} />
      <span class="unseen">{label}</span>
    </span>
  )
}

function HostActions({ call, desk, person }: PersonProps) {
  const { people } = asideWords.value
  const { id, name } = person
  const shown = call.spotlight.value === id
  return (
    <div class="person-actions">
      {person.microphone && (
        <button
          type="button"
          class="button"
          aria-label={people.muteMicrophoneOf(name)}
          onClick={() => call.mute(id, 'microphone')}
        >
          {asideWords.value.actions.muteMicrophone}
        </button>
      )}
      {person.camera && (
        <button
          type="button"
          class="button"
          aria-label={people.muteCameraOf(name)}
          onClick={() => call.mute(id, 'camera')}
        >
          {asideWords.value.actions.muteCamera}
        </button>
      )}
      {person.screen && (
        <button
          type="button"
          class="button"
          aria-label={people.muteScreenOf(name)}
          onClick={() => call.mute(id, 'screen')}
        >
          {asideWords.value.actions.muteScreen}
        </button>
      )}
      <button
        type="button"
        class={shown ? 'button button--on' : 'button'}
        aria-label={shown ? people.unshow : people.showName(name)}
        onClick={() => call.showToAll(shown ? '' : id)}
      >
        {shown ? people.unshow : people.show}
      </button>
      {person.role === 'clinician' && (
        <button
          type="button"
          class="button"
          onClick={() => (desk.asked.value = { kind: 'handOver', participant: id, name })}
        >
          {people.handOver}
        </button>
      )}
      <button
        type="button"
        class="button"
        aria-label={people.chooseModeOf(name)}
        onClick={() => (desk.asked.value = { kind: 'modeOf', participant: id, name })}
      >
        {asideWords.value.actions.chooseModeOf}
      </button>
      <button
        type="button"
        class="button button--warn"
        aria-label={people.removeName(name)}
        onClick={() => (desk.asked.value = { kind: 'remove', participant: id, name })}
      >
        {asideWords.value.actions.remove}
      </button>
      <Block desk={desk} person={person} />
    </div>
  )
}

function Note({ call }: { call: Call }) {
  const { people } = asideWords.value
  const [text, setText] = useState(call.note.value)
  const id = useId()
  const shown = call.note.value !== '' && call.note.value === text.trim()
  const submit = (event: Event) => {
    event.preventDefault()
    call.setNote(text.trim())
  }
  const clear = () => {
    setText('')
    call.setNote('')
  }
  return (
    <form class="panel-form" onSubmit={submit}>
      <label for={id}>{people.note}</label>
      <textarea
        id={id}
        class="input"
        rows={2}
        maxLength={maxNoteCharacters}
        value={text}
        aria-describedby={`${id}-help`}
        onInput={(event) => setText(event.currentTarget.value)}
      />
      <p id={`${id}-help`} class="soft" role="status">
        {shown ? people.noteShown : people.noteHelp}
      </p>
      {call.delay.value > 0 && <p class="soft">{people.delay(call.delay.value)}</p>}
      <div class="person-actions">
        <button type="submit" class="button">
          {asideWords.value.actions.saveNote}
        </button>
        {call.note.value !== '' && (
          <button type="button" class="button button--quiet" onClick={clear}>
            {asideWords.value.actions.clearNote}
          </button>
        )}
      </div>
    </form>
  )
}

function Room({ call, desk }: { call: Call; desk: Desk }) {
  const { actions } = words.value
  const { people } = asideWords.value
  const locked = call.locked.value
  return (
    <section>
      <h3>{people.room}</h3>
      <div class="person-actions">
        <button type="button" class="button" onClick={() => call.lock(!locked)}>
          <DrawnIcon icon={locked ? 'unlock' : 'lock'} />
          {locked ? asideWords.value.actions.unlock : asideWords.value.actions.lock}
        </button>
        <button
          type="button"
          class="button button--warn"
          onClick={() => (desk.asked.value = { kind: 'end' })}
        >
          {actions.endForAll}
        </button>
      </div>
    </section>
  )
}
