/** How closely a picture is looked at. Pure: places are shares of the tile, from its middle. */
export type View = {
  scale: number // 1: as large as its place
  x: number // by which the middle of the picture has been moved, shares of the tile
  y: number
}

export const plain: View = { scale: 1, x: 0, y: 0 }
export const step = 1.25
const most = 8

/** Enlarges by a factor about a point, which stays where it is. */
export function zoomed(view: View, factor: number, at = { x: 0, y: 0 }): View {
  const scale = Math.min(most, Math.max(1, view.scale * factor))
  const by = scale / view.scale
  return held({ scale, x: at.x - (at.x - view.x) * by, y: at.y - (at.y - view.y) * by })
}

/** Moves the picture; its edge does not come further in than that of its place. */
export function moved(view: View, x: number, y: number): View {
  return held({ ...view, x: view.x + x, y: view.y + y })
}

function held({ scale, x, y }: View): View {
  const most = (scale - 1) / 2
  const within = (value: number) => Math.min(most, Math.max(-most, value)) || 0
  return { scale, x: within(x), y: within(y) }
}

/**
 * The place of the video element. It really grows, so that the server is asked for as many lines
 * as are shown: an enlarged page stays sharp.
 */
export function placeOf({
  scale,
  x,
  y,
}: View): Record<'left' | 'top' | 'width' | 'height', string> {
  const percent = (share: number) => `${100 * share}%`
  return {
    left: percent(x - (scale - 1) / 2),
    top: percent(y - (scale - 1) / 2),
    width: percent(scale),
    height: percent(scale),
  }
}
