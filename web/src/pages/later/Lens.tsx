import type { ComponentChildren } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { asideWords } from '../../i18n/aside'
import { Icon } from '../parts/icons'
import './Lens.css'
import { isFull, mayBeFull, useFull, turnFull } from './full'
import { moved, placeOf, plain, step, zoomed, type View } from './zoom'

const paths = {
  lens: 'M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13ZM15.5 15.5 21 21',
  closer: 'M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13ZM15.5 15.5 21 21M7.5 10.5h6M10.5 7.5v6',
  farther: 'M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13ZM15.5 15.5 21 21M7.5 10.5h6',
  fill: 'M3 5h18v14H3ZM8 5v14M16 5v14',
  full: 'M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5',
  apart: 'M3 4h18v16H3ZM12 12h7v6h-7Z',
}

function Tool(props: {
  icon: keyof typeof paths
  label: string
  pressed?: boolean
  expanded?: boolean
  disabled?: boolean
  onClick: () => void
}) {
  return (
    <button
      type="button"
      class="button button--icon lens-tool"
      aria-label={props.label}
      title={props.label}
      aria-pressed={props.pressed}
      aria-expanded={props.expanded}
      aria-disabled={props.disabled}
      onClick={props.onClick}
    >
      <Icon drawn={paths[props.icon]} />
    </button>
  )
}

type LensProps = {
  video: { current: HTMLVideoElement | HTMLImageElement | HTMLDivElement | null }
  /** What a tap on the picture does, if anything. */
  touch?: { label: string; act: () => void }
}

/**
 * Looks closer at the large picture: two fingers, the wheel with Ctrl, two taps, or the keys + − 0
 * and arrows while a tool has the focus; fills its place, or stands apart from the page.
 */
export function Lens({ video, touch }: LensProps) {
  const { lens } = asideWords.value
  const [open, setOpen] = useState(false)
  const [view, setView] = useState(plain)
  const [fill, setFill] = useState(false)
  const full = useFull()

  useEffect(() => {
    const element = video.current
    if (!element) return
    Object.assign(element.style, placeOf(view), { objectFit: fill ? 'cover' : '' })
    const usual = { left: '', top: '', width: '', height: '', objectFit: '' }
    return () => void Object.assign(element.style, usual)
  }, [view, fill])

  const turn = (change: (view: View) => View) => setView(change)
  const onKeyDown = (event: KeyboardEvent) => {
    const change = keys[event.key]
    if (!change || event.ctrlKey || event.metaKey || event.altKey) return
    event.preventDefault()
    turn(change)
  }
  const element = video.current
  const apart =
    document.pictureInPictureEnabled && element && 'requestPictureInPicture' in element && element
  return (
    <>
      <Surface turn={turn} tap={touch?.act} enlarged={view.scale > 1} />
      <div
        class={open ? 'lens lens--open' : 'lens'}
        role="group"
        aria-label={lens.group}
        onKeyDown={onKeyDown}
      >
        <Tool icon="lens" label={lens.open} expanded={open} onClick={() => setOpen(!open)} />
        {open && (
          <div class="lens-tools">
            <Tool
              icon="closer"
              label={lens.closer}
              onClick={() => turn((now) => zoomed(now, step))}
            />
            <Tool
              icon="farther"
              label={lens.farther}
              disabled={view.scale === 1}
              onClick={() => turn((now) => zoomed(now, 1 / step))}
            />
            <Tool
              icon="fill"
              label={fill ? lens.whole : lens.fill}
              onClick={() => {
                setFill(!fill)
                setView(plain)
              }}
            />
            {mayBeFull() && (
              <Tool
                icon="full"
                label={full ? lens.notFull : lens.full}
                onClick={() => void turnFull(!isFull())}
              />
            )}
            {apart && (
              <Tool
                icon="apart"
                label={lens.apart}
                onClick={() => void setApart(apart).catch(() => {})}
              />
            )}
          </div>
        )}
        <span class="unseen" role="status">
          {view.scale > 1 && lens.scale(Math.round(100 * view.scale))}
        </span>
      </div>
    </>
  )
}

/**
 * Into a window of its own, or back. That window shows what the page hides, a frame of somebody
 * else or an old one: then it is closed, whichever tile the picture has in the page by now.
 */
async function setApart(video: HTMLVideoElement): Promise<void> {
  if (video === document.pictureInPictureElement) return document.exitPictureInPicture()
  if (video.style.visibility) return
  await video.requestPictureInPicture()
  const look = () => {
    if (!video.style.visibility) return
    observer.disconnect()
    if (video === document.pictureInPictureElement) void document.exitPictureInPicture()
  }
  const observer = new MutationObserver(look)
  observer.observe(video, { attributeFilter: ['style'] })
  look() // it may have been hidden while the window was made
}

const arrow = 0.1 // share of the tile
const keys: Record<string, (view: View) => View> = {
  '+': (view) => zoomed(view, step),
  '-': (view) => zoomed(view, 1 / step),
  '0': () => plain,
  ArrowLeft: (view) => moved(view, arrow, 0),
  ArrowRight: (view) => moved(view, -arrow, 0),
  ArrowUp: (view) => moved(view, 0, arrow),
  ArrowDown: (view) => moved(view, 0, -arrow),
}

const twice = 350 // ms between the two taps of one
const still = 8 // px by which a finger trembles

type Finger = { x: number; y: number }

/** Takes fingers and the wheel. A tap without them goes through to what the picture does. */
function Surface(props: {
  turn: (change: (view: View) => View) => void
  tap?: () => void
  enlarged: boolean
}): ComponentChildren {
  const fingers = useRef(new Map<number, Finger>()).current
  const began = useRef<Finger>(undefined)
  const tapped = useRef(-Infinity)
  const surface = useRef<HTMLDivElement>(null)
  const { turn } = props

  const shareOf = (element: Element, x: number, y: number) => {
    const box = element.getBoundingClientRect()
    return { x: (x - box.left) / box.width - 0.5, y: (y - box.top) / box.height - 0.5 }
  }
  const onPointerDown = (event: PointerEvent) => {
    ;(event.currentTarget as Element).setPointerCapture(event.pointerId)
    fingers.set(event.pointerId, { x: event.clientX, y: event.clientY })
    began.current = fingers.size === 1 ? { x: event.clientX, y: event.clientY } : undefined
  }
  const onPointerMove = (event: PointerEvent) => {
    const before = fingers.get(event.pointerId)
    if (!before) return
    const now = { x: event.clientX, y: event.clientY }
    fingers.set(event.pointerId, now)
    const place = event.currentTarget as Element
    const { width, height } = place.getBoundingClientRect()
    const other = [...fingers].find(([id]) => id !== event.pointerId)?.[1]
    if (!other)
      return turn((view) => moved(view, (now.x - before.x) / width, (now.y - before.y) / height))
    const factor = distance(now, other) / Math.max(1, distance(before, other))
    const middle = shareOf(place, (now.x + other.x) / 2, (now.y + other.y) / 2)
    turn((view) => zoomed(view, factor, middle))
  }
  const onPointerUp = (event: PointerEvent) => {
    fingers.delete(event.pointerId)
    const up = { x: event.clientX, y: event.clientY }
    if (!began.current || distance(began.current, up) > still || fingers.size) return
    if (event.timeStamp - tapped.current < twice) {
      tapped.current = -Infinity
      const at = shareOf(event.currentTarget as Element, up.x, up.y)
      return turn((view) => (view.scale > 1 ? plain : zoomed(view, 2, at)))
    }
    tapped.current = event.timeStamp
    if (!props.enlarged) props.tap?.()
  }
  // By hand, for Preact registers wheel listeners that may not keep the page from zooming.
  useEffect(() => {
    const element = surface.current!
    const onWheel = (event: WheelEvent) => {
      if (!event.ctrlKey) return
      event.preventDefault()
      const at = shareOf(element, event.clientX, event.clientY)
      turn((view) => zoomed(view, Math.exp(-event.deltaY / 200), at))
    }
    element.addEventListener('wheel', onWheel, { passive: false })
    return () => element.removeEventListener('wheel', onWheel)
  }, [])
  return (
    <div
      ref={surface}
      class="lens-surface"
      onPointerDown={onPointerDown}
      onPointerMove={onPointerMove}
      onPointerUp={onPointerUp}
      onPointerCancel={(event) => fingers.delete(event.pointerId)}
    />
  )
}

function distance(a: Finger, b: Finger): number {
  return Math.hypot(a.x - b.x, a.y - b.y)
}
