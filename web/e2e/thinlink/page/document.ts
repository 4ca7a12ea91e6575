import { stripHeight } from './code'
import { type Paint, strip } from './scene'

export const documentWidth = 1280
export const documentHeight = 720

const caretEvery = 500 // ms
const lineHeight = 28

/** Said of a document in place of its owner's number, so that it is told from their camera. */
export const documentOf = (who: number) => who | 8
export const isDocument = (who: number) => who >= 8
export const ownerOf = (who: number) => who & 7

/**
 * A page of text that stands still, under the blocks that say what it is. Equal numbers give equal
 * pages.
 */
export function drawDocument(paint: Paint, who: number): void {
  paint.fillStyle = '#fff'
  paint.fillRect(0, 0, documentWidth, documentHeight)
  strip(paint, { who, frame: 0 }, documentWidth, documentHeight)
  paint.fillStyle = '#1a1a1a'
  paint.font = '17px sans-serif'
  const top = documentHeight * stripHeight + lineHeight + 8
  for (let line = 0; top + line * lineHeight < documentHeight - lineHeight; line++) {
    paint.fillText(
      `${line + 1}. Le traitement est pris matin et soir ; ${3 * line + 12} mg à 8 h, ` +
        `${5 * line + 7} mg à 19 h, à revoir dans ${line + 2} semaines ` +
        `avec la famille et l’équipe.`,
      60,
      top + line * lineHeight,
    )
  }
}

/** A screen that shows that page and a text cursor that blinks, all that moves on it. */
export function shareDocument(who: number): MediaStream {
  const canvas = document.createElement('canvas')
  canvas.width = documentWidth
  canvas.height = documentHeight
  const paint = canvas.getContext('2d', { alpha: false })!
  drawDocument(paint, documentOf(who))
  let shown = false
  const blink = () => {
    shown = !shown
    paint.fillStyle = shown ? '#1a1a1a' : '#fff'
    paint.fillRect(50, documentHeight - 24, 2, 18)
  }
  blink()
  const stream = canvas.captureStream()
  const timer = setInterval(blink, caretEvery)
  const track = stream.getVideoTracks()[0]!
  const stop = track.stop.bind(track)
  track.stop = () => {
    clearInterval(timer)
    stop()
  }
  return stream
}
