import { useState } from 'preact/hooks'
import type { Call } from '../../engine/api'
import { chooseLanguage, language, languages, words } from '../../i18n'
import { asideWords } from '../../i18n/aside'
import { Mirror } from '../lobby/parts'
import { DeviceChoice } from '../parts/DeviceChoice'
import { Icon } from '../parts/icons'
import { Meter } from '../parts/Meter'
import { Trouble, troublesOf } from '../lobby/Trouble'
import { forget, recall, remember } from '../parts/storage'
import { chimeKey, mayAdmit, type Desk } from '../call/desk'
import { DrawnIcon, type Drawn } from './drawings'
import { outside } from './outside'

type ItemProps = { icon: Drawn; label: string; onClick: () => void; lang?: string }

function Item({ icon, label, onClick, lang }: ItemProps) {
  return (
    <li>
      <button type="button" class="item" lang={lang} onClick={onClick}>
        <DrawnIcon icon={icon} />
        {label}
      </button>
    </li>
  )
}

function switchChime(): void {
  if (recall(chimeKey) === 'off') forget(chimeKey)
  else remember(chimeKey, 'off')
}

/** Everything that is not needed in every call. */
export function More({ call, desk }: { call: Call; desk: Desk }) {
  const { actions } = words.value
  const { actions: later, comfort, invite, layout } = asideWords.value
  const close = () => (desk.asked.value = { kind: 'none' })
  const then = (act: () => void) => () => {
    close()
    act()
  }
  const { Offer } = outside.module.value ?? {}
  const screen = call.screen.value
  const raised = call.people.value.some((person) => person.me && person.handRaised > 0)
  const camera = call.camera.value
  const cameras = camera.wanted && (camera.facing !== undefined || camera.choices.length > 1)
  return (
    <>
      <ul class="items">
        <Item
          icon="hand"
          label={raised ? later.lowerHand : later.raiseHand}
          onClick={then(() => call.raiseHand(!raised))}
        />
        {(screen.possible || screen.live) && (
          <Item
            icon={screen.live ? 'screenOff' : 'screen'}
            label={screen.live ? actions.stopScreen : later.shareScreen}
            onClick={then(() => void call.setScreen(!screen.live))}
          />
        )}
        {cameras && (
          <Item
            icon="flip"
            label={later.flipCamera}
            onClick={then(() => void call.flipCamera())}
          />
        )}
        {mayAdmit(call) && (
          <Item
            icon="bell"
            label={recall(chimeKey) === 'off' ? later.chimeOn : later.chimeOff}
            onClick={then(switchChime)}
          />
        )}
        {mayAdmit(call) && Offer && <Offer where="call" />}
        {mayAdmit(call) && (
          <Item
            icon="photo"
            label={later.askPhoto}
            onClick={() => (desk.asked.value = { kind: 'photo' })}
          />
        )}
        {mayAdmit(call) && (
          <Item
            icon="invite"
            label={invite.open}
            onClick={() => (desk.asked.value = { kind: 'invite' })}
          />
        )}
        <Item
          icon="letters"
          label={comfort.open}
          onClick={() => (desk.asked.value = { kind: 'comfort' })}
        />
        <Item
          icon="settings"
          label={actions.devices}
          onClick={() => (desk.asked.value = { kind: 'devices' })}
        />
        <Item
          icon="people"
          label={actions.people}
          onClick={then(() => (desk.panel.value = 'people'))}
        />
        {languages
          .filter(({ code }) => code !== language.value)
          .map(({ code, name }) => (
            <Item
              key={code}
              icon="globe"
              label={name}
              lang={code}
              onClick={() => chooseLanguage(code)}
            />
          ))}
      </ul>
      {call.kind.value === 'telestaff' && (
        <fieldset class="choices">
          <legend>{layout.title}</legend>
          {[false, true].map((grid) => (
            <label key={String(grid)} class="choice">
              <input
                type="radio"
                name="layout"
                checked={desk.grid.value === grid}
                onChange={() => (desk.grid.value = grid)}
              />
              <DrawnIcon icon={grid ? 'grid' : 'speaker'} />
              {grid ? layout.grid : layout.speaker}
            </label>
          ))}
        </fieldset>
      )}
    </>
  )
}

type Blurring = { backgroundBlur?: boolean }

/** The background, where the system itself blurs it: here nothing is left to do. */
function Blur({ track }: { track: MediaStreamTrack | undefined }) {
  const [on, setOn] = useState(() => !!(track?.getSettings?.() as Blurring)?.backgroundBlur)
  const can = track?.getCapabilities?.() as { backgroundBlur?: boolean[] } | undefined
  if (!track || (can?.backgroundBlur?.length ?? 0) < 2) return null
  const turn = async (backgroundBlur: boolean) => {
    await track.applyConstraints({ backgroundBlur } as MediaTrackConstraints).catch(() => {})
    setOn(!!(track.getSettings() as Blurring).backgroundBlur)
  }
  return (
    <label class="choice">
      <input
        type="checkbox"
        checked={on}
        onChange={(event) => void turn(event.currentTarget.checked)}
      />
      {asideWords.value.devices.blur}
    </label>
  )
}

/** Microphone, camera and loudspeaker, changed during the call. */
export function Devices({ call }: { call: Call }) {
  const { actions, devices, lobby } = words.value
  const { value: speaker } = call.speaker
  return (
    <>
      <Trouble {...troublesOf(call)} call={call} />
      <DeviceChoice
        label={devices.microphone}
        {...call.microphone.value}
        onChoose={(id) => void call.chooseMicrophone(id)}
      />
      <Meter level={call.audioLevel} label={lobby.speak.level} />
      <DeviceChoice
        label={devices.camera}
        {...call.camera.value}
        onChoose={(id) => void call.chooseCamera(id)}
      />
      {call.selfStream.value && call.camera.value.wanted && (
        <figure aria-label={asideWords.value.devices.preview}>
          <Mirror call={call} name={call.me.value?.name ?? ''} />
        </figure>
      )}
      <Blur key={call.selfStream.value?.id} track={call.selfStream.value?.getVideoTracks()[0]} />
      {speaker.selectable ? (
        <DeviceChoice
          label={devices.speaker}
          {...speaker}
          onChoose={(id) => void call.chooseSpeaker(id)}
        />
      ) : (
        <p>{devices.systemSpeaker}</p>
      )}
      <div class="actions">
        <button type="button" class="button" onClick={() => void call.playTone()}>
          <Icon name="sound" />
          {actions.hear}
        </button>
      </div>
    </>
  )
}
