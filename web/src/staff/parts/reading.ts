import { useCallback, useEffect, useRef, useState } from 'preact/hooks'
import { get, problemOf, type Problem } from '../request'

/** Reads an address, and again when it changes or is asked to. What was read stays meanwhile. */
export function useReading<T>(path: string | undefined) {
  const [data, setData] = useState<T>()
  const [problem, setProblem] = useState<Problem>()
  const current = useRef<AbortController>(undefined)

  const again = useCallback(async () => {
    current.current?.abort()
    if (path === undefined) return
    const attempt = new AbortController()
    current.current = attempt
    try {
      const read = await get<T>(path, attempt.signal)
      if (attempt.signal.aborted) return
      setData(read)
      setProblem(undefined)
    } catch (error) {
      if (!attempt.signal.aborted) setProblem(problemOf(error))
    }
  }, [path])

  useEffect(() => {
    void again()
    return () => current.current?.abort()
  }, [again])
  return { data, problem, again, setData }
}
