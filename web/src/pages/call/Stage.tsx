import { useRef, useState } from 'preact/hooks'
import type { Call, PersonView } from '../../engine/api'
import { words } from '../../i18n'
import { useSize } from '../parts/hooks'
import { Icon } from '../parts/icons'
import { raisedHands, type Desk } from './desk'
import { compose, promote, type Stage as Composed, type Tile as Placed } from './layout'
import { Tile } from './Tile'

/** All pictures of the call. `covered`: a panel lies over them. */
export function Stage({ call, desk, covered }: { call: Call; desk: Desk; covered: boolean }) {
  const { ref, size } = useSize<HTMLDivElement>()
  const [chosen, setChosen] = useState('')
  const [selfLarge, setSelfLarge] = useState(false)
  const [page, setPage] = useState(0)
  const order = useRef<string[]>([])

  const people = call.people.value
  const others = people.filter((person) => !person.me)
  const me = people.find((person) => person.me)
  const speakers = call.speakers.value
  const present = others.map((person) => person.id)
  order.current = promote(
    order.current,
    present,
    speakers.find((id) => present.includes(id)),
  )

  const spotlight = call.spotlight.value
  const spotlightKey = present.includes(spotlight) ? `${spotlight}/camera` : ''

  const stage = compose({
    kind: call.kind.value,
    me: me?.id ?? '',
    order: order.current,
    documents: others.filter((person) => person.screen).map((person) => person.id),
    grid: desk.grid.value,
    interpreter: desk.interpreter.value,
    chosen: chosen || spotlightKey,
    selfLarge,
    page,
    ...size,
  })
  const hands = raisedHands(call)
  const { actions, call: sentences } = words.value

  const touchOf = (tile: Placed, person: PersonView) => {
    const label = person.me ? actions.swapToSelf : actions.enlarge(person.name)
    if (tile.as === 'inset') return { label, act: () => setSelfLarge(!selfLarge) }
    if (tile.key === chosen) return { label: actions.followSpeaker, act: () => setChosen('') }
    if (tile.as === 'main') return undefined
    return { label, act: () => setChosen(tile.key) }
  }
  // The order in the document never changes with the layout: a moved video element may stop for a
  // moment.
  const tiles = people.flatMap((person) =>
    stage.tiles.filter((tile) => tile.participant === person.id).map((tile) => ({ tile, person })),
  )
  return (
    <div class="stage" ref={ref} role="group" aria-label={sentences.stage} inert={covered}>
      {size.width > 0 &&
        tiles.map(({ tile, person }) => (
          <Tile
            key={tile.key}
            call={call}
            tile={tile}
            person={person}
            speaking={tile.source === 'camera' && speakers.includes(person.id)}
            hand={hands.indexOf(person.id) + 1}
            chosen={tile.key === chosen}
            spotlight={tile.participant === spotlight && tile.source === 'camera'}
            interpreter={
              tile.source === 'camera' && tile.participant === desk.interpreter.value
            }
            touch={touchOf(tile, person)}
          />
        ))}
      {others.length === 0 && !call.unattended.value && (
        <p class="stage-alone">{sentences.alone}</p>
      )}
      <Pager stage={stage} onPage={setPage} />
    </div>
  )
}

function Pager({ stage, onPage }: { stage: Composed; onPage: (page: number) => void }) {
  const { actions, call } = words.value
  const { pager, page, pages } = stage
  if (!pager) return null
  const style = {
    left: `${pager.left}px`,
    top: `${pager.top}px`,
    width: `${pager.width}px`,
    height: `${pager.height}px`,
  }
  return (
    <div class="pager" style={style}>
      <button
        type="button"
        class="button button--icon"
        aria-label={actions.previousPage}
        aria-disabled={page === 0}
        onClick={() => onPage(Math.max(0, page - 1))}
      >
        <Icon name="back" />
      </button>
      <span aria-hidden="true">
        {page + 1} / {pages}
      </span>
      <span class="unseen" role="status">
        {call.page(page + 1, pages)}
      </span>
      <button
        type="button"
        class="button button--icon"
        aria-label={actions.nextPage}
        aria-disabled={page === pages - 1}
        onClick={() => onPage(Math.min(pages - 1, page + 1))}
      >
        <Icon name="next" />
      </button>
    </div>
  )
}
