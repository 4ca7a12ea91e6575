import type { ComponentChildren } from 'preact'
import { useId } from 'preact/hooks'
import { words } from '../words'

type FieldProps = {
  label: string
  help?: string
  wrong?: string // what is wrong with the value, in words
  optional?: boolean
  children: (attributes: {
    id: string
    'aria-describedby'?: string
    'aria-invalid': boolean
  }) => ComponentChildren
}

/** A label, a control and what is to be said about it. */
export function Field({ label, help, wrong, optional = false, children }: FieldProps) {
  const id = useId()
  const note = wrong || help
  return (
    <div class="field">
      <label for={id}>
        {label}
        {optional && <span class="soft"> ({words.value.common.optional})</span>}
      </label>
      {children({
        id,
        'aria-describedby': note ? `${id}-note` : undefined,
        'aria-invalid': !!wrong,
      })}
      {note && (
        <p id={`${id}-note`} class={wrong ? 'field-help field-help--wrong' : 'field-help'}>
          {note}
        </p>
      )}
    </div>
  )
}

type TextProps = Omit<FieldProps, 'children'> & {
  value: string
  onValue: (value: string) => void
  type?: 'text' | 'email' | 'tel' | 'search' | 'password' | 'number' | 'date'
  required?: boolean
  autocomplete?: string
  inputMode?: 'numeric'
  maxLength?: number
  minLength?: number
  spellcheck?: boolean
  list?: string
}

export function TextField(props: TextProps) {
  const { label, help, wrong, optional, value, onValue, type = 'text', list, ...input } = props
  return (
    <Field label={label} help={help} wrong={wrong} optional={optional}>
      {(attributes) => (
        <input
          class="input"
          {...({ type, list } as { type: 'text'; list?: string })}
          {...input}
          {...attributes}
          value={value}
          onInput={(event) => onValue(event.currentTarget.value)}
        />
      )}
    </Field>
  )
}

type AreaProps = Omit<FieldProps, 'children'> & {
  value: string
  onValue: (value: string) => void
  rows: number
  required?: boolean
  spellcheck?: boolean
}

/** A text of several lines. */
export function AreaField(props: AreaProps) {
  const { label, help, wrong, optional, value, onValue, ...area } = props
  return (
    <Field label={label} help={help} wrong={wrong} optional={optional}>
      {(attributes) => (
        <textarea
          class="input"
          {...area}
          {...attributes}
          value={value}
          onInput={(event) => onValue(event.currentTarget.value)}
        />
      )}
    </Field>
  )
}

type ChoiceProps = Omit<FieldProps, 'children'> & {
  value: string
  options: readonly (readonly [value: string, label: string])[]
  onValue: (value: string) => void
}

export function SelectField(props: ChoiceProps & { required?: boolean }) {
  const { label, help, wrong, optional, required, value, options, onValue } = props
  return (
    <Field label={label} help={help} wrong={wrong} optional={optional}>
      {(attributes) => (
        <select
          class="input"
          required={required}
          {...attributes}
          value={value}
          onChange={(event) => onValue(event.currentTarget.value)}
        >
          {options.map(([code, text]) => (
            <option key={code} value={code} selected={code === value}>
              {text}
            </option>
          ))}
        </select>
      )}
    </Field>
  )
}

type RadioProps = Omit<ChoiceProps, 'help' | 'wrong'> & { legendUnseen?: boolean }

/** A few choices, all in sight. */
export function RadioField({ label, value, options, onValue, legendUnseen }: RadioProps) {
  const name = useId()
  return (
    <fieldset class="radios">
      <legend class={legendUnseen ? 'unseen' : undefined}>{label}</legend>
      <div class="radios-row">
        {options.map(([code, text]) => (
          <label key={code} class="choice choice--framed choice--short">
            <input
              type="radio"
              name={name}
              value={code}
              checked={code === value}
              onChange={() => onValue(code)}
            />
            {text}
          </label>
        ))}
      </div>
    </fieldset>
  )
}

export function CheckField(props: {
  label: string
  checked: boolean
  onChecked: (on: boolean) => void
}) {
  return (
    <label class="choice">
      <input
        type="checkbox"
        checked={props.checked}
        onChange={(event) => props.onChecked(event.currentTarget.checked)}
      />
      {props.label}
    </label>
  )
}
