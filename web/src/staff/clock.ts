/** ms: timers that fire late, and a clock that is slewed, differ by less. */
const moves = 2_000

/**
 * Tells whether the device's clock was set, or the device has slept, since this was asked last:
 * then the server's time has to be read anew.
 */
export function clockWatch(): () => boolean {
  const offset = () => Date.now() - performance.now()
  let before = offset()
  return () => {
    const moved = Math.abs(offset() - before) > moves
    before = offset()
    return moved
  }
}

const every = 30_000 // ms

/** Looks at the clock now and then, and at whether it was set, until it is stopped. */
export function watchClock(look: (moved: boolean) => void): () => void {
  const moved = clockWatch()
  const timer = setInterval(() => look(moved()), every)
  return () => clearInterval(timer)
}
