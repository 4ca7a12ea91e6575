/**
 * Which slot feeds which picture, and whose frame is on the screen. Pure: a name must never stand
 * under another's face, so what decides is tested without a browser.
 */
import type { Slot } from '../../protocol/messages'
import type { Picture, PictureSource } from '../api'

/** As in RTCRtpContributingSource. */
export type Contribution = { source: number; rtpTimestamp: number; timestamp: number }

/**
 * The source of the frame with this RTP timestamp, out of the latest timestamp decoded from each
 * source of the slot.
 *
 * Sources follow one another in a slot on one rising line of timestamps, so a frame belongs to the
 * source whose latest frame is the nearest at or after it. Firefox tells of a frame only after it
 * has been presented; then the source of the frame before is all there is to know, and a change of
 * hands is seen one frame late. Where a browser does not tell the frame's timestamp, the source
 * decoded last stands for it.
 */
export function ownerOf(
  contributions: readonly Contribution[],
  frame?: number,
): number | undefined {
  let owner: number | undefined
  let nearest = Infinity
  for (const { source, rtpTimestamp, timestamp } of contributions) {
    const ahead = (rtpTimestamp - (frame ?? 0)) | 0 // serial number arithmetic, RFC 1982
    const distance = frame === undefined ? -timestamp : ahead >= 0 ? ahead : 2 ** 32 - ahead
    if (distance < nearest) {
      nearest = distance
      owner = source
    }
  }
  return owner
}

export function slotOf(
  slots: readonly Slot[],
  participant: string,
  source: PictureSource,
): Slot | undefined {
  return slots.find((slot) => slot.participant === participant && slot.source === source)
}

/** What a picture's state follows from. */
export type Evidence = {
  wanted: boolean // the source is live, and we do not listen only
  slot: Slot | undefined
  shown: boolean // the frame in the element is the watched source's
  fresh: boolean // and was presented since the last pause
  width: number
  height: number
  at: number // performance.now() when the last frame was presented
}

export function pictureOf(evidence: Evidence, before: Picture): Picture {
  const { slot } = evidence
  if (!evidence.wanted) return { state: 'off' }
  if (slot?.paused || (slot && !slot.mid)) {
    const { reason: told } = slot
    // A link that has only not been tried with more yet is not called weak.
    const reason = !told || told === 'unproven' ? 'publisher' : told
    return { state: 'paused', reason }
  }
  if (!slot || !evidence.shown) return { state: 'coming' }
  if (slot.still)
    return {
      state: 'still',
      reason: slot.reason === 'uplink' ? 'uplink' : 'downlink',
      at: evidence.at,
    }
  // sent again, but the old frame still stands
  if (!evidence.fresh && before.state === 'paused') return before
  return { state: 'live', width: evidence.width, height: evidence.height }
}
