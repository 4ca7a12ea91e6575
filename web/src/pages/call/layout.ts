/**
 * Who is shown, how large and where: a pure function of the scene and of the size of the stage.
 * Tiles are placed by rectangles rather than by the flow of the page, so that a picture that grows
 * or shrinks keeps its element and never stops playing.
 */
import type { PictureSource } from '../../engine/api'
import type { Kind } from '../../protocol/messages'

/** Pictures of others at a time: as many as the call has slots. */
export const maxPictures = 9

const gap = 8 // px between tiles
const plate = 26 // px for the name under a small picture
const pagerHeight = 52 // px for the buttons that turn the page of thumbnails
const wide = 16 / 9

export type Rect = { left: number; top: number; width: number; height: number }

/**
 * How a picture is shown: large, in the strip beside it, as one among equals, or small on top of
 * the large one.
 */
export type As = 'main' | 'thumb' | 'grid' | 'inset'

export type Tile = Rect & { key: string; participant: string; source: PictureSource; as: As }

export type Scene = {
  kind: Kind
  me: string
  order: string[] // the others, the one to look at first; see promote
  documents: string[] // those of them who share a screen
  grid: boolean // everybody the same size, by choice
  interpreter: string // id of whose signs one follows; '' for nobody
  chosen: string // key of the picture that was enlarged by hand; '' for none
  selfLarge: boolean // consultation: the own picture large, the other's small
  page: number // of thumbnails, from 0
  width: number
  height: number
}

export type Stage = { tiles: Tile[]; page: number; pages: number; pager?: Rect }

type Face = { participant: string; source: PictureSource }

function keyOf(participant: string, source: PictureSource): string {
  return `${participant}/${source}`
}

/**
 * The order of the others with `front` first. Whoever stood there takes the place of the one
 * promoted, so that only two pictures move when somebody else speaks; newcomers stand at the end.
 */
export function promote(
  order: readonly string[],
  present: readonly string[],
  front: string | undefined,
): string[] {
  const next = [
    ...order.filter((id) => present.includes(id)),
    ...present.filter((id) => !order.includes(id)),
  ]
  const at = front === undefined ? -1 : next.indexOf(front)
  if (at > 0) [next[0], next[at]] = [next[at] as string, next[0] as string]
  return next
}

/** The share of the stage that an interpreter has: signs are read from 320 lines on a tablet. */
const signs = 0.36

/** The whole stage. An interpreter has a place of their own, whoever speaks. */
export function compose(scene: Scene): Stage {
  const { interpreter, order, width, height } = scene
  if (!order.includes(interpreter) || order.length < 2) return composeOthers(scene)
  const upright = height > width
  const side = Math.round(signs * (upright ? height : width))
  const rest = composeOthers({
    ...scene,
    order: order.filter((id) => id !== interpreter),
    width: upright ? width : width - side - gap,
    height: upright ? height - side - gap : height,
  })
  const place = upright
    ? { left: 0, top: height - side, width, height: side }
    : { left: width - side, top: 0, width: side, height: Math.min(height, side) }
  const face: Face = { participant: interpreter, source: 'camera' }
  return { ...rest, tiles: [...rest.tiles, tile(face, 'grid', place)] }
}

function composeOthers(scene: Scene): Stage {
  const cameras: Face[] = scene.order.map((participant) => ({ participant, source: 'camera' }))
  const documents: Face[] = scene.documents.map((participant) => ({
    participant,
    source: 'screen',
  }))
  const self: Face = { participant: scene.me, source: 'camera' }
  const faces = [...documents, ...cameras]
  const chosen = [...faces, self].find(
    (face) => keyOf(face.participant, face.source) === scene.chosen,
  )

  const main = chosen ?? documents[0]
  if (main) return spotlight(scene, main, faces, self)
  if (cameras.length === 0) return onePage([tile(self, 'main', whole(scene))])
  if (scene.kind === 'consultation' && cameras.length === 1)
    return couple(scene, cameras[0] as Face, self)
  if (scene.grid || scene.kind === 'consultation') return gridOf(scene, cameras, self)
  return spotlight(scene, cameras[0] as Face, faces, self)
}

/**
 * One large, the other inset in its corner. A tablet that stands upright has room for both, one
 * above the other.
 */
function couple(scene: Scene, other: Face, self: Face): Stage {
  const [large, small] = scene.selfLarge ? [self, other] : [other, self]
  if (scene.width >= 600 && scene.height > scene.width) {
    const top = Math.round(scene.height * 0.6)
    const [above, below] = [whole(scene), whole(scene)]
    above.height = top - gap
    below.top = top
    below.height = scene.height - top
    return onePage([tile(large, 'main', above), tile(small, 'inset', below)])
  }
  const width = Math.round(
    Math.min(260, Math.max(96, Math.min(scene.width * 0.26, scene.height * 0.36))),
  )
  const height = Math.round(width * 0.75) + plate
  const inset = { left: scene.width - width - gap, top: scene.height - height - gap, width, height }
  return onePage([tile(large, 'main', whole(scene)), tile(small, 'inset', inset)])
}

/** One large, the others in a strip beside or below it; the own picture is always in the strip. */
function spotlight(scene: Scene, main: Face, faces: Face[], self: Face): Stage {
  const same = (face: Face) => face.participant === main.participant && face.source === main.source
  const rest = faces.filter((face) => !same(face))
  const own = same(self) ? [] : [self]
  const most = maxPictures - (same(self) ? 0 : 1)

  const strip = scene.width > scene.height * 1.4 ? sideStrip : bottomStrip
  const count = Math.min(rest.length, most) + own.length
  const unpaged = strip(scene.width, scene.height, count, 0)
  const paged = rest.length > most || unpaged.places.length < count
  const {
    main: mainRect,
    places,
    pager,
  } = paged ? strip(scene.width, scene.height, count, pagerHeight) : unpaged

  const perPage = Math.max(1, Math.min(most, places.length - own.length))
  const pages = Math.max(1, Math.ceil(rest.length / perPage))
  const page = Math.min(scene.page, pages - 1)
  const shown = [...rest.slice(page * perPage, (page + 1) * perPage), ...own]
  const tiles = [tile(main, 'main', mainRect)]
  shown.forEach((face, index) => {
    const place = places[index]
    if (place) tiles.push(tile(face, 'thumb', place))
  })
  return { tiles, page, pages, pager: paged ? pager : undefined }
}

function gridOf(scene: Scene, cameras: Face[], self: Face): Stage {
  const pages = Math.ceil(cameras.length / maxPictures)
  const page = Math.min(scene.page, pages - 1)
  const height = pages > 1 ? scene.height - pagerHeight : scene.height
  const shown = [...cameras.slice(page * maxPictures, (page + 1) * maxPictures), self]
  const places = gridPlaces(scene.width, height, shown.length)
  const tiles = shown.map((face, index) => tile(face, 'grid', places[index] as Rect))
  const pager = { left: 0, top: height, width: scene.width, height: pagerHeight }
  return { tiles, page, pages, pager: pages > 1 ? pager : undefined }
}

type Strip = { main: Rect; places: Rect[]; pager: Rect }

/**
 * Thumbnails in one column on the right (two on a large screen), as large as lets all of them be
 * seen.
 */
function sideStrip(width: number, height: number, count: number, reserved: number): Strip {
  const columnsAllowed = width >= 1200 ? [1, 2] : [1]
  let best = { columns: 1, width: 150, rows: 1 }
  search: for (const columns of columnsAllowed) {
    for (const thumb of [240, 220, 200, 180, 165, 150, 120]) {
      const rows = Math.max(1, Math.floor((height - reserved + gap) / (thumb / wide + plate + gap)))
      best = { columns, width: thumb, rows }
      if (rows * columns >= count) break search
    }
  }
  const thumbHeight = Math.round(best.width / wide) + plate
  const left = width - best.columns * (best.width + gap) + gap
  const places = Array.from({ length: Math.min(count, best.rows * best.columns) }, (_, index) => ({
    left: left + (index % best.columns) * (best.width + gap),
    top: Math.floor(index / best.columns) * (thumbHeight + gap),
    width: best.width,
    height: thumbHeight,
  }))
  return {
    main: { left: 0, top: 0, width: Math.max(0, left - gap), height },
    places,
    pager: { left, top: height - reserved, width: width - left, height: reserved },
  }
}

/** Thumbnails in one row below (two when the stage stands upright), centred. */
function bottomStrip(width: number, height: number, count: number, reserved: number): Strip {
  const ratio = width < 600 ? 4 / 3 : wide
  const rowsAllowed = height > width * 1.2 ? [1, 2] : [1]
  let best = { rows: 1, height: 64, perRow: 1 }
  search: for (const rows of rowsAllowed) {
    for (const thumb of [130, 115, 100, 88, 76]) {
      if (rows * (thumb + plate + gap) > height * 0.4) continue
      const perRow = Math.max(1, Math.floor((width + gap) / (thumb * ratio + gap)))
      best = { rows, height: thumb, perRow }
      if (rows * perRow >= count) break search
    }
  }
  const thumbWidth = Math.round(Math.min(width, best.height * ratio))
  const shown = Math.min(count, best.rows * best.perRow)
  const rows = Math.ceil(shown / best.perRow)
  const thumbHeight = best.height + plate
  const top = height - reserved - rows * (thumbHeight + gap) + gap
  const places = Array.from({ length: shown }, (_, index) => {
    const row = Math.floor(index / best.perRow)
    const inRow = Math.min(best.perRow, shown - row * best.perRow)
    const start = (width - inRow * (thumbWidth + gap) + gap) / 2
    return {
      left: Math.round(start + (index % best.perRow) * (thumbWidth + gap)),
      top: top + row * (thumbHeight + gap),
      width: thumbWidth,
      height: thumbHeight,
    }
  })
  return {
    main: { left: 0, top: 0, width, height: Math.max(0, top - gap) },
    places,
    pager: { left: 0, top: height - reserved, width, height: reserved },
  }
}

/**
 * Equal tiles: the number of columns that gives the largest, no wider than 16:9 and no taller than
 * a square.
 */
function gridPlaces(width: number, height: number, count: number): Rect[] {
  let best = { columns: 1, width: 0, height: 0 }
  for (let columns = 1; columns <= count; columns++) {
    const rows = Math.ceil(count / columns)
    const cellWidth = Math.max(0, (width - gap * (columns - 1)) / columns)
    const cellHeight = Math.max(0, (height - gap * (rows - 1)) / rows)
    const fit = {
      columns,
      width: Math.min(cellWidth, cellHeight * wide),
      height: Math.min(cellHeight, cellWidth),
    }
    if (fit.width * fit.height > best.width * best.height) best = fit
  }
  const rows = Math.ceil(count / best.columns)
  const top = (height - rows * (best.height + gap) + gap) / 2
  return Array.from({ length: count }, (_, index) => {
    const row = Math.floor(index / best.columns)
    const inRow = Math.min(best.columns, count - row * best.columns)
    const left = (width - inRow * (best.width + gap) + gap) / 2
    return {
      left: Math.round(left + (index % best.columns) * (best.width + gap)),
      top: Math.round(top + row * (best.height + gap)),
      width: Math.floor(best.width),
      height: Math.floor(best.height),
    }
  })
}

function whole(scene: Scene): Rect {
  return { left: 0, top: 0, width: scene.width, height: scene.height }
}

function onePage(tiles: Tile[]): Stage {
  return { tiles, page: 0, pages: 1 }
}

function tile(face: Face, as: As, rect: Rect): Tile {
  return { ...face, ...rect, as, key: keyOf(face.participant, face.source) }
}
