import { useRef, useState } from 'preact/hooks'
import { problemOf, type Problem } from '../request'

/** What a page asks the server to do: one thing at a time, its trouble or success in sight. */
export function useDoing() {
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<Problem>()
  const [done, setDone] = useState('')
  const running = useRef(false)

  /** Returns what was answered, or undefined if it was refused. */
  const run = async <T>(work: () => Promise<T>, success = ''): Promise<{ data: T } | undefined> => {
    if (running.current) return undefined // tapped twice
    running.current = true
    setBusy(true)
    setProblem(undefined)
    setDone('')
    try {
      const data = await work()
      setDone(success)
      return { data }
    } catch (error) {
      setProblem(problemOf(error))
      return undefined
    } finally {
      running.current = false
      setBusy(false)
    }
  }
  return { busy, problem, done, run, setProblem, setDone }
}
