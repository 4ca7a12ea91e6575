import { useId } from 'preact/hooks'
import { words } from '../../i18n'

type DeviceChoiceProps = {
  label: string
  choices: { id: string; label: string }[]
  deviceId?: string
  onChoose: (id: string) => void
}

/** A list of devices. Browsers hide their names until they are allowed: then they are numbered. */
export function DeviceChoice({ label, choices, deviceId, onChoose }: DeviceChoiceProps) {
  const id = useId()
  const { devices } = words.value
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select
        id={id}
        class="input"
        value={deviceId ?? ''}
        disabled={choices.length === 0}
        onChange={(event) => onChoose(event.currentTarget.value)}
      >
        {!choices.some(({ id }) => id === (deviceId ?? '')) && (
          <option value="">{choices.length ? devices.systemChoice : devices.noChoice}</option>
        )}
        {choices.map((choice, index) => (
          <option key={choice.id} value={choice.id}>
            {choice.label || devices.unnamed(index + 1)}
          </option>
        ))}
      </select>
    </div>
  )
}
