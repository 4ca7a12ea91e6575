import { useCallback, useEffect, useRef, useState } from 'preact/hooks'
import { get, problemOf, type Problem } from '../request'

type Listing<T> = { items: T[]; next?: string }

/** A long list, read part by part. The address is without `after`. */
export function useListing<T, L extends Listing<T> = Listing<T>>(path: string) {
  const [items, setItems] = useState<T[]>()
  const [last, setLast] = useState<L>()
  const [problem, setProblem] = useState<Problem>()
  const reading = useRef(0)

  const read = useCallback(
    async (after?: string) => {
      const number = ++reading.current
      try {
        const more = after
          ? `${path}${path.includes('?') ? '&' : '?'}after=${encodeURIComponent(after)}`
          : path
        const part = await get<L>(more)
        if (number !== reading.current) return
        setItems((before) => (after ? [...(before ?? []), ...part.items] : part.items))
        setLast(part)
        setProblem(undefined)
      } catch (error) {
        if (number === reading.current) setProblem(problemOf(error))
      }
    },
    [path],
  )
  useEffect(() => void read(), [read])
  const next = last?.next
  return {
    items,
    last,
    problem,
    again: () => read(),
    more: next ? () => read(next) : undefined,
  }
}
