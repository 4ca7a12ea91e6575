import { useEffect, useRef, useState } from 'preact/hooks'
import type { Call, PersonView, Picture, PictureQuality, Watch } from '../../engine/api'
import { words } from '../../i18n'
import { statusRole } from '../parts/comfort'
import { useNow } from '../parts/hooks'
import { Icon, type IconName } from '../parts/icons'
import { initials } from '../parts/names'
import { Quality } from '../parts/Quality'
import { SelfView } from '../parts/SelfView'
import { aside } from './aside'
import { standing } from '../parts/standing'
import { assesses } from './desk'
import type { As, Tile as Placed } from './layout'

type TileProps = {
  call: Call
  tile: Placed
  person: PersonView
  speaking: boolean
  hand: number // place among the raised hands, from 1; 0: not raised
  chosen: boolean
  spotlight: boolean // a host shows it to everybody
  interpreter: boolean // followed for their signs
  /** What a touch does, in words; none: nothing. */
  touch?: { label: string; act: () => void }
}

/**
 * One picture with the name under it. The name belongs to the participant whose packets the engine
 * puts there.
 */
export function Tile(props: TileProps) {
  const { call, tile, person, speaking, touch } = props
  const own = person.me && tile.source === 'camera'
  const style = {
    left: `${tile.left}px`,
    top: `${tile.top}px`,
    width: `${tile.width}px`,
    height: `${tile.height}px`,
  }
  const classes =
    `tile tile--${tile.as} tile--${tile.source}${tile.height < low ? ' tile--low' : ''}` +
    `${speaking ? ' tile--speaking' : ''}${props.interpreter ? ' tile--signs' : ''}`
  return (
    <figure
      class={classes}
      style={style}
      data-testid="tile"
      data-participant={tile.participant}
      data-source={tile.source}
      data-as={tile.as}
    >
      {own ? (
        <>
          <Own call={call} tile={tile} person={person} />
          <Caption {...props} />
        </>
      ) : (
        <Remote {...props} />
      )}
      {touch && (
        <button type="button" class="tile-touch" aria-label={touch.label} onClick={touch.act} />
      )}
    </figure>
  )
}

/** From this width in px on, a tile has room for a sentence. */
const roomy = 180
/** And for what somebody is beside their name, without their face being covered. */
const spacious = 280
/** A large tile lower than this has no room for every word while the magnifier's tools are open. */
const low = 300

/** Oneself, and what the others get of it. */
function Own({ call, tile, person }: { call: Call; tile: Placed; person: PersonView }) {
  const { tile: sentences } = words.value
  const delivery = call.delivery.value
  const voice = call.mode.value === 'voice'
  const sentence = delivery === 'whole' ? '' : sentences.delivery[delivery]
  const short = tile.width < roomy && delivery !== 'whole' ? sentences.deliveryShort[delivery] : ''
  return (
    <>
      <SelfView call={call} name={person.name} />
      <div class="tile-state">
        {voice && <span class="tile-why">{sentences.voiceOnly}</span>}
        {!voice && short && (
          <span class="tile-why" aria-hidden="true">
            {short}
          </span>
        )}
        <span class={voice || short || !sentence ? 'unseen' : 'tile-why'} role={statusRole()}>
          {voice ? '' : sentence}
        </span>
      </div>
    </>
  )
}

const priorities: Record<As, 0 | 1 | 2> = { thumb: 0, inset: 0, grid: 1, main: 2 }

function Remote(props: TileProps) {
  const { call, tile, person } = props
  const video = useRef<HTMLVideoElement>(null)
  const wanted = call.receiving.value
  const priority = props.interpreter
    ? 4
    : tile.source === 'screen' && tile.as === 'main'
      ? 3
      : priorities[tile.as]
  const { picture, quality } = usePicture(call, video, tile, priority, wanted)
  const wasShown = useRef(false)
  if (picture.state === 'live' || picture.state === 'still') wasShown.current = true
  if (picture.state === 'off') wasShown.current = false
  const frozen =
    (picture.state === 'paused' && wasShown.current) ||
    (picture.state === 'live' && !!quality.frozen)
  const still = picture.state === 'still'
  const visible = picture.state === 'live' || still || frozen
  const large = tile.as === 'main'
  const assessed = assesses(call, person) && tile.source === 'camera'
  const insufficient =
    assessed &&
    picture.state === 'live' &&
    !frozen &&
    !quality.assessable &&
    (large || tile.width >= 2 * roomy)
  const limit =
    call.mode.value === 'saver' || person.mode === 'saver'
      ? 'chosen'
      : call.delivery.value === 'small-device'
        ? 'device'
        : 'camera'
  const why = whyOf(picture, quality, person, large, insufficient, limit)
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
      {/* also while it is coming anew: the tools stay open, and what they have set holds */}
      {large && wasShown.current && <Lens video={video} touch={props.touch} />}
      <State {...{ picture, large, frozen, assessed, insufficient, why }} />
      <Caption {...props} told={why !== '' || insufficient || frozen || still} />
    </>
  )
}

/** How closely one looks at the large picture, once that part of the page is here. */
function Lens(props: { video: { current: HTMLVideoElement | null }; touch?: TileProps['touch'] }) {
  const Loaded = aside.module.value?.Lens
  return Loaded ? <Loaded {...props} /> : null
}

/**
 * Watches a picture while the tile is there, and what becomes of it. A tile that grows or shrinks
 * asks again for the same element, which replaces the watch before: closing that one first would
 * blank the picture for a moment.
 */
function usePicture(
  call: Call,
  video: { current: HTMLVideoElement | null },
  tile: Placed,
  priority: 0 | 1 | 2 | 3 | 4,
  wanted: boolean,
): { picture: Picture; quality: PictureQuality } {
  const [watch, setWatch] = useState<Watch>()
  const current = useRef<Watch>(undefined)
  useEffect(() => {
    if (!wanted) current.current?.close()
    current.current =
      wanted && video.current
        ? call.watch(video.current, tile.participant, tile.source, priority)
        : undefined
    setWatch(current.current)
  }, [call, tile.participant, tile.source, priority, wanted])
  useEffect(() => () => current.current?.close(), [])
  return {
    picture: watch?.picture.value ?? { state: 'off' },
    quality: watch?.quality.value ?? { assessable: true },
  }
}

type StateProps = {
  picture: Picture
  large: boolean
  frozen: boolean
  assessed: boolean
  insufficient: boolean
  why: string
}

/**
 * What is wrong with a picture and why: the line, a device or the other's camera, once; a sentence
 * on a large tile, two words on a small one.
 */
function State({ picture, large, frozen, assessed, insufficient, why }: StateProps) {
  const sentences = words.value.tile
  const state = insufficient ? `${sentences.insufficient}. ` : frozen ? `${sentences.frozen}. ` : ''
  const said = why ? state + why : state.slice(0, -2)
  const as = insufficient ? 'tile-insufficient' : frozen ? 'tile-frozen' : 'tile-why'
  return (
    <div class="tile-state">
      {picture.state === 'still' && <Still at={picture.at} />}
      <span class={said ? as : 'unseen'} role={large || assessed ? statusRole() : undefined}>
        {said && as !== 'tile-why' && <Icon name={insufficient ? 'warning' : 'paused'} />}
        {said}
      </span>
    </div>
  )
}

/** Why a picture is worse than it should be, as far as it is known; '' where nothing is wrong. */
function whyOf(
  picture: Picture,
  { short, level, frozen }: PictureQuality,
  person: PersonView,
  large: boolean,
  insufficient: boolean,
  limit: 'chosen' | 'device' | 'camera', // where no line is
): string {
  const sentences = words.value.tile
  const named = (sentence: string | ((name: string) => string)) =>
    typeof sentence === 'string' ? sentence : sentence(person.name)
  switch (picture.state) {
    case 'off':
      return person.mode === 'voice' ? sentences.voiceOnly : ''
    case 'coming':
      return large ? sentences.coming : ''
    case 'paused':
      return large ? named(sentences.paused[picture.reason]) : sentences.pausedShort[picture.reason]
    case 'still':
      return large ? named(sentences.short[picture.reason]) : ''
    case 'live':
      if (!large) return ''
      if (short) return named(sentences.short[short])
      if (frozen || (!insufficient && level !== 'weak')) return ''
      return limit === 'chosen' ? words.value.mode.name.saver : named(sentences.short[limit])
  }
}

/** How old a still picture is. It is not announced: it would be every second. */
function Still({ at }: { at: number }) {
  const now = useNow(true)
  return (
    <span class="tile-frozen">
      <Icon name="paused" />
      {words.value.tile.still(Math.max(0, Math.floor((now - at) / 1000)))}
    </span>
  )
}

/** `told`: the tile itself says already that the picture is poor. */
function Caption(props: TileProps & { told?: boolean }) {
  const { call, tile, person, speaking, hand, chosen, spotlight, told = false } = props
  const sentences = words.value.tile
  const name =
    tile.source === 'screen'
      ? sentences.screenOf(person.name)
      : person.me
        ? sentences.self
        : person.name
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
      {face && !person.me && (
        <span class={tile.width < spacious || tile.as === 'inset' ? 'unseen' : 'plate-standing'}>
          {standing(person.role, person.invitedAs)}
        </span>
      )}
      {face && !person.me && (
        <span class="plate-quality" role={tile.as === 'main' ? statusRole() : undefined}>
          <Quality
            level={call.qualityLevels.value[person.id]}
            small={tile.as !== 'main' || told}
          />
        </span>
      )}
      {(chosen || spotlight) && (
        <Mark icon="pin" label={chosen ? sentences.pinned : sentences.spotlight} />
      )}
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
