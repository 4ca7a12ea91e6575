import type { Channel, MeetingPlace } from '../api'
import { RadioField, SelectField, TextField } from '../parts/Field'
import { sendable } from '../session'
import { words } from '../words'
import { unreachable, type Draft } from './draft'

type ContactProps = {
  value: { channel: Channel; email: string; phone: string }
  onChange: (part: Partial<{ channel: Channel; email: string; phone: string }>) => void
  told: boolean
}

/** Those that are set up, what was chosen before, and what needs nothing. */
const offered = (chosen: Channel) =>
  (['mail', 'sms', 'print', 'none'] as const).filter(
    (one) => one === 'print' || one === 'none' || one === chosen || sendable.value.includes(one),
  )

/** How a link reaches somebody. */
export function ContactFields({ value, onChange, told }: ContactProps) {
  const { where } = words.value.booking
  const lacks = told ? unreachable(value) : []
  return (
    <div class="toolbar">
      <SelectField
        label={where.channel}
        value={value.channel}
        onValue={(channel) => onChange({ channel: channel as Channel })}
        options={offered(value.channel).map(
          (channel) => [channel, where.channels[channel]] as const,
        )}
      />
      {value.channel === 'mail' && (
        <TextField
          label={where.email}
          type="email"
          autocomplete="off"
          spellcheck={false}
          value={value.email}
          wrong={lacks.includes('email') ? where.emailMissing : undefined}
          onValue={(email) => onChange({ email })}
        />
      )}
      {value.channel === 'sms' && (
        <TextField
          label={where.phone}
          type="tel"
          autocomplete="off"
          help={where.phoneHelp}
          value={value.phone}
          wrong={lacks.includes('phone') ? where.phoneMissing : undefined}
          onValue={(phone) => onChange({ phone })}
        />
      )}
    </div>
  )
}

type WhereProps = {
  draft: Draft
  set: (part: Partial<Draft>) => void
  places: MeetingPlace[]
  told: boolean
}

/** Where the patient is: a place with a tablet, or wherever their own device is. */
export function WhereFields({ draft, set, places, told }: WhereProps) {
  const { where } = words.value.booking
  // Those of the establishment itself come first.
  const own = ({ establishment }: MeetingPlace) => establishment === draft.establishment
  const open = [...places.filter(own), ...places.filter((one) => !own(one))]
  return (
    <fieldset class="group">
      <legend>{where.legend}</legend>
      <RadioField
        label={where.legend}
        legendUnseen
        value={draft.where}
        onValue={(value) =>
          set({
            where: value as Draft['where'],
            place: draft.place || (open[0]?.id ?? ''),
          })
        }
        options={[
          ['own', where.own],
          ['place', where.place],
        ]}
      />
      {draft.where === 'place' &&
        (open.length > 0 ? (
          <SelectField
            label={where.choose}
            value={draft.place}
            onValue={(place) => set({ place })}
            options={open.map(
              ({ id, name, establishmentName }) => [id, `${name}, ${establishmentName}`] as const,
            )}
          />
        ) : (
          <p class="field-help--wrong">{where.noPlace}</p>
        ))}
      {draft.where === 'own' && <ContactFields value={draft} onChange={set} told={told} />}
    </fieldset>
  )
}
