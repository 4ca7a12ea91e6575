import { words as shared } from '../../../i18n'
import { soundSeconds } from '../../api'
import { words } from '../../words'
import { useRecording } from './recording'

type PickerProps = { free: number; onClip: (clip: Blob) => void }

/** Records a clip of sound, or takes one that is there. */
export function SoundPicker({ free, onClip }: PickerProps) {
  const { sounds } = words.value.opinion
  const { recording, start, stop, choose } = useRecording(onClip)
  const { state, seconds, trouble, refused } = recording
  if (free < 1) return <p class="soft">{sounds.full}</p>
  const going = state === 'recording'
  const microphone = shared.value.devices.trouble.microphone
  const says = refused
    ? `${microphone[refused]} ${sounds.orChoose}`
    : trouble
      ? sounds[trouble]
      : state === 'preparing'
        ? sounds.preparing
        : ''
  return (
    <div class="field">
      <div class="actions actions--row">
        <button
          type="button"
          class={going ? 'button button--danger' : 'button'}
          aria-disabled={state === 'preparing'}
          onClick={() => (going ? stop() : state === 'before' && void start())}
        >
          {going ? sounds.stop : sounds.record}
        </button>
        {!going && (
          <label class="button picker">
            {sounds.choose}
            <input
              type="file"
              accept="audio/*"
              onChange={({ currentTarget: input }) => {
                if (input.files?.[0]) void choose(input.files[0])
                input.value = '' // so that the same one may be chosen again
              }}
            />
          </label>
        )}
      </div>
      <p role="status">{says}</p>
      <p class="field-help" role={going ? 'timer' : undefined}>
        {going ? sounds.recording(seconds, soundSeconds) : sounds.help}
      </p>
    </div>
  )
}
