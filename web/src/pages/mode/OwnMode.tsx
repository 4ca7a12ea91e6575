import type { Call } from '../../engine/api'
import { words } from '../../i18n'
import type { CallMode } from '../../protocol/messages'
import { Dialog } from '../parts/Dialog'
import { usedWords } from '../parts/used'
import { modeWords } from './words'

const modes: CallMode[] = ['automatic', 'saver', 'voice']

/** The three modes of a call, each with what it does. */
export function Modes({ mode, onChoose }: { mode: CallMode; onChoose: (mode: CallMode) => void }) {
  const sentences = modeWords.value
  const { name } = words.value.mode
  return (
    <fieldset class="modes">
      <legend class="unseen">{sentences.legend}</legend>
      {modes.map((one) => (
        <label key={one} class="choice choice--framed">
          <input
            type="radio"
            name="mode"
            value={one}
            checked={mode === one}
            onChange={() => onChoose(one)}
          />
          <span>
            <span class="choice-name">{name[one]}</span>
            <span class="soft">{sentences.text[one]}</span>
          </span>
        </label>
      ))}
    </fieldset>
  )
}

/**
 * One's own mode, in any place; and pictures stopped one way only. What is chosen holds at once.
 */
export function OwnMode({ call, onClose }: { call: Call; onClose: () => void }) {
  const sentences = modeWords.value
  return (
    <Dialog title={sentences.title} onClose={onClose}>
      <Modes mode={call.mode.value} onChoose={(mode) => void call.setMode(mode)} />
      <fieldset class="choices">
        <legend>{sentences.separately}</legend>
        <label class="choice">
          <input
            type="checkbox"
            checked={call.receiving.value}
            onChange={(event) => call.setReceiving(event.currentTarget.checked)}
          />
          {sentences.receive}
        </label>
        <label class="choice">
          <input
            type="checkbox"
            checked={call.camera.value.wanted}
            onChange={(event) => void call.setCamera(event.currentTarget.checked)}
          />
          {sentences.send}
        </label>
      </fieldset>
      {call.usedBytes.value > 0 && <p class="soft">{usedWords(call.usedBytes.value)}</p>}
      <button type="button" class="button button--primary" onClick={onClose}>
        {words.value.actions.apply}
      </button>
    </Dialog>
  )
}
