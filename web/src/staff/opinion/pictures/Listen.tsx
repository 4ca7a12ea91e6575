import { useEffect, useState } from 'preact/hooks'
import type { Picture } from '../../api'
import { useDoing } from '../../parts/doing'
import { ProblemNote } from '../../parts/Problem'
import { blobOf } from '../../request'
import { words } from '../../words'
import { pathOf } from './sending'
import { secondsOf } from './sound'

/** A clip of sound, which is loaded when somebody wants to hear it. */
export function Listen({ number, sound }: { number: number; sound: Picture }) {
  const { sounds } = words.value.opinion
  const [address, setAddress] = useState('')
  const { busy, problem, run } = useDoing()
  useEffect(() => () => URL.revokeObjectURL(address), [address])
  const load = async () => {
    // as a whole: Safari plays what a server sends in ranges alone
    const answer = await run(() => blobOf(pathOf(sound.opinion, sound.id)))
    if (answer) setAddress(URL.createObjectURL(answer.data))
  }
  const name = `${sounds.one(number)}, ${sounds.seconds(secondsOf(sound.size))}`
  return (
    <>
      <strong>{name}</strong>
      {address ? (
        <audio src={address} controls autoplay aria-label={name} />
      ) : (
        sound.wholeAt > 0 && (
          <button
            type="button"
            class="button"
            aria-disabled={busy}
            onClick={() => void load()}
          >
            {sounds.listen}
            <span class="unseen"> : {sounds.one(number)}</span>
          </button>
        )
      )}
      <ProblemNote problem={problem} />
    </>
  )
}
