/**
 * What one picture is worth to whoever looks at it, second by second. Pure: times are arguments, in
 * ms.
 */
import type { Reason } from '../../protocol/messages'
import type { Picture, PictureQuality } from '../api'
import { Assessment, FrameMeter, Hysteresis, levelOfPicture, levelHysteresis } from './quality'

type Short = PictureQuality['short']

/**
 * ms without a frame after which a picture is called frozen: an unmoving face must not be taken for
 * an unmoving person.
 */
const frozenAfter = 2_000

export class PictureMeter {
  private readonly frames = new FrameMeter()
  private readonly level = levelHysteresis()
  // Said soon, taken back late: a link at its edge must not make the words flicker.
  private readonly short = new Hysteresis<Short>(undefined, (_, to) => (to ? 1_000 : 4_000))
  private assessment = new Assessment()
  private latest?: number // when the last frame came

  frame(at: number, count?: number): void {
    this.latest = at
    this.frames.frame(at, count)
  }

  /** The page is hidden: what comes next is measured anew. */
  pause(): void {
    this.latest = undefined
    this.frames.reset()
  }

  sample(now: number, picture: Picture, reason: Reason | undefined, lines: number): PictureQuality {
    if (picture.state === 'off' || picture.state === 'coming') {
      this.pause()
      this.assessment = new Assessment()
      return this.quality(now, undefined, undefined, true)
    }
    if (picture.state !== 'live') {
      this.pause()
      return this.quality(
        now,
        undefined,
        levelOfPicture(picture, undefined, false),
        this.assessment.take(0, 0, now),
      )
    }
    this.latest ??= now
    const framerate = this.frames.sample(now)
    const short = reason === 'downlink' || reason === 'uplink' ? reason : undefined
    const assessable =
      framerate === undefined ? this.assessment.enough : this.assessment.take(framerate, lines, now)
    const quality = this.quality(
      now,
      short,
      levelOfPicture(picture, framerate, !!short),
      assessable,
    )
    return now - this.latest > frozenAfter ? { ...quality, frozen: true } : quality
  }

  private quality(
    now: number,
    short: Short,
    level: PictureQuality['level'],
    assessable: boolean,
  ): PictureQuality {
    return { level: this.level.take(level, now), short: this.short.take(short, now), assessable }
  }
}
