import { useEffect, useRef, useState } from 'preact/hooks'
import { ProblemNote } from '../../parts/Problem'
import { find, passing, problemOf, type Problem } from '../../request'
import { words } from '../../words'
import { minutesUntil, shareOf } from './listening'
import { pause } from './sending'
import { pauseOf } from './upload'

/**
 * Plays a clip from its beginning on while the rest comes: a browser asks for the parts that it
 * lacks, and again after a short break. Where it has given up, this goes on where it was.
 */
export function Player({ name, path, size }: { name: string; path: string; size: number }) {
  const { listening } = words.value.opinion.sounds
  const element = useRef<HTMLAudioElement>(null)
  const [share, setShare] = useState(0)
  const [ready, setReady] = useState(false)
  const [cut, setCut] = useState(false)
  const [problem, setProblem] = useState<Problem>()
  const run = useRef({ began: performance.now(), wanted: true }).current
  useEffect(() => {
    begin()
    return () => void (run.wanted = false)
  }, [])
  // `autoplay` would wait until all of it can be played without a stop.
  const begin = () => void element.current!.play().catch(() => {}) // its own button is there

  const look = () => element.current && setShare(shareOf(element.current))
  const goOn = async () => {
    const audio = element.current!
    const { currentTime, paused } = audio
    setCut(true)
    for (let failures = 1; run.wanted; failures++) {
      await pause(pauseOf({ failures }))
      try {
        await find(path)
        break
      } catch (error) {
        const problem = problemOf(error)
        if (passing.has(problem.code)) continue
        setCut(false)
        return setProblem(problem)
      }
    }
    if (!run.wanted) return
    setCut(false)
    run.began = performance.now()
    audio.load()
    audio.currentTime = currentTime
    if (!paused) begin()
  }

  const minutes = minutesUntil(size, share, performance.now() - run.began)
  const left = minutes === undefined ? '' : `, ${words.value.opinion.sounds.left(minutes)}`
  return (
    <>
      <audio
        ref={element}
        src={path}
        preload="auto"
        controls
        aria-label={name}
        onCanPlay={() => setReady(true)}
        onProgress={look}
        onSuspend={look}
        onTimeUpdate={look}
        onDurationChange={look}
        onError={() => void goOn()}
      />
      {!problem && (
        <p class="soft" role="status" aria-live={cut ? 'polite' : 'off'} data-share={share}>
          {cut
            ? listening.cut
            : share < 1
              ? listening.coming(Math.floor(100 * share)) + left + (ready ? listening.early : '.')
              : listening.here}
        </p>
      )}
      <ProblemNote problem={problem} />
    </>
  )
}
