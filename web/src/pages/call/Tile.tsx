import { useEffect, useRef, useState } from 'preact/hooks'
import type { Call, PersonView, Picture, Watch } from '../../engine/api'
import { words } from '../../i18n'
import { Icon, type IconName } from '../parts/icons'
import { initials } from '../parts/names'
import { SelfView } from '../parts/SelfView'
import type { As, Tile as Placed } from './layout'

type TileProps = {
  call: Call
  tile: Placed
  person: PersonView
  speaking: boolean
  hand: number // place among the raised hands, from 1; 0: not raised
  chosen: boolean
  /** What a touch does, in words; none: nothing. */
  touch?: { label: string; act: () => void }
}

/** One picture with the name under it. The name belongs to the participant whose packets the engine puts there. */
export function Tile(props: TileProps) {
  const { call, tile, person, speaking, touch } = props
  const own = person.me && tile.source === 'camera'
  const style = { left: `${tile.left}px`, top: `${tile.top}px`, width: `${tile.width}px`, height: `${tile.height}px` }
  const classes = `tile tile--${tile.as} tile--${tile.source}${speaking ? ' tile--speaking' : ''}`
  return (
    <figure class={classes} style={style} data-testid="tile" data-participant={tile.participant} data-source={tile.source} data-as={tile.as}>
      {own ? <SelfView call={call} name={person.name} /> : <Remote call={call} tile={tile} person={person} />}
      <Caption {...props} />
      {touch && <button type="button" class="tile-touch" aria-label={touch.label} onClick={touch.act} />}
    </figure>
  )
}

const priorities: Record<As, 0 | 1 | 2> = { thumb: 0, inset: 0, grid: 1, main: 2 }

function Remote({ call, tile, person }: { call: Call; tile: Placed; person: PersonView }) {
  const video = useRef<HTMLVideoElement>(null)
  const wanted = !call.audioOnly.value
  const priority = tile.source === 'screen' && tile.as === 'main' ? 3 : priorities[tile.as]
  const picture = usePicture(call, video, tile, priority, wanted)
  const seen = useRef(false)
  if (picture.state === 'live') seen.current = true
  if (picture.state === 'off') seen.current = false
  const frozen = picture.state === 'paused' && seen.current
  const visible = picture.state === 'live' || frozen
  return (
    <>
      <video
        ref={video}
        class={`picture${visible ? '' : ' picture--none'}${frozen ? ' picture--frozen' : ''}`}
        data-testid="video"
        data-picture={picture.state}
        autoplay
        playsInline
        muted
        aria-label={tile.source === 'screen' ? words.value.tile.screenOf(person.name) : person.name}
      />
      {!visible && (
        <span class="initials" aria-hidden="true">
          {tile.source === 'screen' ? <Icon name="screen" /> : initials(person.name)}
        </span>
      )}
      <State tile={tile} person={person} picture={picture} frozen={frozen} />
    </>
  )
}

/**
 * Watches a picture while the tile is there, and what becomes of it. A tile that grows or shrinks asks again for the same
 * element, which replaces the watch before: closing that one first would blank the picture for a moment.
 */
function usePicture(call: Call, video: { current: HTMLVideoElement | null }, tile: Placed, priority: 0 | 1 | 2 | 3, wanted: boolean): Picture {
  const [watch, setWatch] = useState<Watch>()
  const current = useRef<Watch>(undefined)
  useEffect(() => {
    if (!wanted) current.current?.close()
    current.current = wanted && video.current ? call.watch(video.current, tile.participant, tile.source, priority) : undefined
    setWatch(current.current)
  }, [call, tile.participant, tile.source, priority, wanted])
  useEffect(() => () => current.current?.close(), [])
  return watch?.picture.value ?? { state: 'off' }
}

/** Why there is no moving picture, in words: a sentence on a large tile, two words on a small one. */
function State({ tile, person, picture, frozen }: { tile: Placed; person: PersonView; picture: Picture; frozen: boolean }) {
  const sentences = words.value.tile
  const large = tile.as === 'main'
  let why = ''
  if (picture.state === 'coming' && large) why = sentences.coming
  if (picture.state === 'paused') {
    const sentence = sentences.paused[picture.reason]
    why = !large ? sentences.pausedShort[picture.reason] : typeof sentence === 'string' ? sentence : sentence(person.name)
  }
  return (
    <div class="tile-state">
      {frozen && (
        <span class="tile-frozen">
          <Icon name="paused" />
          {sentences.frozen}
        </span>
      )}
      <span class={why ? 'tile-why' : 'unseen'} role={large ? 'status' : undefined}>
        {why}
      </span>
    </div>
  )
}

function Caption({ tile, person, speaking, hand, chosen }: TileProps) {
  const sentences = words.value.tile
  const name = tile.source === 'screen' ? sentences.screenOf(person.name) : person.me ? sentences.self : person.name
  const face = tile.source === 'camera'
  return (
    <figcaption class="plate">
      {face && speaking && <Mark icon="speaking" label={sentences.speaking} />}
      {face && !person.microphone && <Mark icon="microphoneOff" label={sentences.muted} />}
      {face && hand > 0 && (
        <span class="mark mark--hand">
          <Icon name="hand" />
          <span aria-hidden="true">{hand}</span>
          <span class="unseen">{sentences.hand(hand)}</span>
        </span>
      )}
      {face && !person.me && !person.connected && <Mark icon="clock" label={sentences.away} />}
      <span class="plate-name">{name}</span>
      {chosen && <Mark icon="pin" label={sentences.pinned} />}
    </figcaption>
  )
}

function Mark({ icon, label }: { icon: IconName; label: string }) {
  return (
    <span class={`mark mark--${icon}`}>
      <Icon name={icon} />
      <span class="unseen">{label}</span>
    </span>
  )
}
