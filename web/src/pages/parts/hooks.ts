import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { holdCall } from '../../callLock'
import type { Call, Notice } from '../../engine/api'

/**
 * The time, as performance.now() has it, told again every half second while somebody needs it. The
 * clock of a device may be wrong, or be set meanwhile.
 */
export function useNow(needed: boolean): number {
  const [now, setNow] = useState(() => performance.now())
  useEffect(() => {
    if (!needed) return
    const tell = () => setNow(performance.now())
    tell()
    const timer = setInterval(tell, 500)
    return () => clearInterval(timer)
  }, [needed])
  return now
}

/** Whole minutes since a time of performance.now(). */
export function useMinutesSince(since: number | undefined): number {
  return Math.floor(Math.max(0, useNow(since !== undefined) - since!) / 60_000) || 0
}

/** The size of an element in CSS pixels, and again whenever it changes. */
export function useSize<E extends HTMLElement>() {
  const ref = useRef<E>(null)
  const [size, setSize] = useState({ width: 0, height: 0 })
  useLayoutEffect(() => {
    const element = ref.current
    if (!element) return
    const measure = () => setSize({ width: element.clientWidth, height: element.clientHeight })
    measure()
    const observer = new ResizeObserver(measure)
    observer.observe(element)
    return () => observer.disconnect()
  }, [])
  return { ref, size }
}

/** Whether a media query holds. */
export function useMedia(query: string): boolean {
  const [holds, setHolds] = useState(() => matchMedia(query).matches)
  useEffect(() => {
    const list = matchMedia(query)
    const listen = () => setHolds(list.matches)
    listen()
    list.addEventListener('change', listen)
    return () => list.removeEventListener('change', listen)
  }, [query])
  return holds
}

/** Hears what happens in the call, with the listener of the last rendering. */
export function useNotices(call: Call, listener: (notice: Notice) => void): void {
  const latest = useRef(listener)
  latest.current = listener
  useEffect(() => call.onNotice((notice) => latest.current(notice)), [call])
}

/**
 * Keeps the screen of a tablet awake; the browser lets go whenever the page is hidden, so it is
 * asked again.
 */
export function useWakeLock(): void {
  useEffect(() => {
    let lock: WakeLockSentinel | undefined
    let over = false
    const ask = async () => {
      if (document.visibilityState !== 'visible' || !('wakeLock' in navigator)) return
      try {
        const got = await navigator.wakeLock.request('screen')
        if (over) await got.release()
        else lock = got
      } catch {
        // Battery saver or policy: the call goes on, the screen may dim.
      }
    }
    void ask()
    document.addEventListener('visibilitychange', ask)
    return () => {
      over = true
      document.removeEventListener('visibilitychange', ask)
      void lock?.release()
    }
  }, [])
}

/** Lets other pages of this browser know of a call while it goes on. */
export function useCallLock(inside: boolean): void {
  useEffect(() => {
    if (!inside) return
    let end = () => {}
    holdCall(new Promise((resolve) => (end = resolve)))
    return () => end()
  }, [inside])
}
