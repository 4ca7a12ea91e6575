import { useState } from 'preact/hooks'
import type { Picture } from '../../api'
import { words } from '../../words'
import { Player } from './Player'
import { pathOf } from './sending'

/** A clip of sound, which is loaded when somebody wants to hear it, and heard while it comes. */
export function Listen({ number, sound }: { number: number; sound: Picture }) {
  const { sounds } = words.value.opinion
  const [open, setOpen] = useState(false)
  const name = sound.seconds
    ? `${sounds.one(number)}, ${sounds.seconds(sound.seconds)}`
    : sounds.one(number)
  return (
    <>
      <strong>{name}</strong>
      {open ? (
        <Player name={name} path={pathOf(sound.opinion, sound.id)} size={sound.size} />
      ) : (
        sound.wholeAt > 0 && (
          <button type="button" class="button" onClick={() => setOpen(true)}>
            {sounds.listen}
            <span class="unseen"> : {sounds.one(number)}</span>
          </button>
        )
      )}
    </>
  )
}
