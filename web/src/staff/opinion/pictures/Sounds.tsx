import { maxSounds, type OpinionLine } from '../../api'
import { words } from '../../words'
import { Listen } from './Listen'
import { One, State } from './One'
import { attach, items } from './sending'
import { SoundPicker } from './SoundPicker'

/** The clips of sound of a question; `Pictures` goes on with those that were cut. */
export function Sounds({ line }: { line: OpinionLine }) {
  const { sounds: sentences } = words.value.opinion
  const { opinion, mayAsk } = line
  const sounds = line.pictures.filter(({ sound }) => sound)
  const own = items.value.filter((item) => item.opinion === opinion.id && item.sound)
  const unknown = own.filter(({ picture }) => !sounds.some(({ id }) => id === picture))
  const mayAdd = mayAsk && !opinion.endedAt
  if (!mayAdd && sounds.length === 0) return null
  return (
    <section class="panelcard" aria-label={sentences.title}>
      <h2>{sentences.title}</h2>
      <ul class="pictures">
        {sounds.map((one, i) => (
          <One
            key={one.id}
            number={i + 1}
            picture={one}
            item={own.find(({ picture }) => picture === one.id)}
            mayRemove={mayAsk}
          >
            <Listen number={i + 1} sound={one} />
          </One>
        ))}
        {unknown.map((item) => (
          <li key={item.key}>
            <State item={item} />
          </li>
        ))}
      </ul>
      {mayAdd && (
        <SoundPicker
          free={maxSounds - sounds.length - unknown.length}
          onClip={(clip) => attach(opinion.id, [clip], line.pictures)}
        />
      )}
    </section>
  )
}
