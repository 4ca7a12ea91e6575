import { at } from './clock'
import { blocks, decode, type Mark, stripHeight } from './code'
import { documentHeight, documentWidth, drawDocument, isDocument, ownerOf } from './document'
import { type Paint, Scene, sceneHeight, sceneWidth } from './scene'
import { luma, ssim } from './ssim'

/** A frame of somebody else that was shown, and when (ms). */
export type Seen = Mark & { at: number }
/** Likeness of one shown frame to its source, and of how many lines it was. */
export type Likeness = { at: number; who: number; lines: number; ssim: number }

const scanEvery = 100 // ms between looks for new pictures on the page
const ownFrames = 10 // in a row: in a poor picture the blocks may be misread
// ms between frames that are compared with their source: it takes some 10 ms each
const compareEvery = 1000
const compareDocumentEvery = 400 // ms: its first seconds count

/** Looks at every picture on the page but the own one, frame by frame. */
export class Eye {
  private readonly watched = new WeakSet<HTMLVideoElement>()
  private readonly strip = canvas(sceneWidth, 16)
  private readonly copy = canvas(sceneWidth, sceneHeight)
  private readonly source = canvas(sceneWidth, sceneHeight)
  private readonly documentCopy = canvas(documentWidth, documentHeight)
  private readonly documentSource = canvas(documentWidth, documentHeight)
  private readonly scenes = new Map<number, Scene>()
  private nextComparison = 0
  private nextDocument = 0

  constructor(
    private readonly own: number,
    private readonly seen: (frame: Seen) => void,
    private readonly likeness: (likeness: Likeness) => void,
    private readonly shown: (video: HTMLVideoElement, at: number) => void,
  ) {
    setInterval(() => this.scan(), scanEvery)
  }

  private scan(): void {
    for (const video of document.querySelectorAll('video')) {
      if (this.watched.has(video)) continue
      this.watched.add(video)
      this.watch(video)
    }
  }

  private watch(video: HTMLVideoElement): void {
    let last = -1
    let own = 0
    const look = (time: DOMHighResTimeStamp) => {
      const mark = this.read(video)
      own = mark && ownerOf(mark.who) === this.own ? own + 1 : 0
      if (own === ownFrames) return // the own camera or document: nothing to learn
      if (!own) this.shown(video, at(time))
      if (mark && !own && isDocument(mark.who)) {
        if (time >= this.nextDocument) this.compareDocument(video, mark.who, time)
      } else if (mark && !own && mark.frame !== last) {
        last = mark.frame
        this.seen({ ...mark, at: at(time) })
        if (time >= this.nextComparison) this.compare(video, mark, time)
      }
      video.requestVideoFrameCallback(look)
    }
    video.requestVideoFrameCallback(look)
  }

  private read(video: HTMLVideoElement): Mark | undefined {
    const { videoWidth: width, videoHeight: height } = video
    if (!width) return undefined
    this.strip.drawImage(video, 0, 0, width, height * stripHeight, 0, 0, sceneWidth, 16)
    const row = this.strip.getImageData(0, 8, sceneWidth, 1).data
    let bits = 0
    for (let i = 0; i < blocks; i++) {
      const pixel = 4 * Math.floor(((i + 0.5) * sceneWidth) / blocks)
      bits = (bits << 1) | (row[pixel]! + row[pixel + 1]! + row[pixel + 2]! > 384 ? 1 : 0)
    }
    return decode(bits)
  }

  /**
   * The source is drawn again: nobody has to send it. The blocks are left out, they would flatter
   * any picture.
   */
  private compare(video: HTMLVideoElement, mark: Mark, time: DOMHighResTimeStamp): void {
    this.nextComparison = time + compareEvery
    let scene = this.scenes.get(mark.who)
    if (!scene) this.scenes.set(mark.who, (scene = new Scene(mark.who)))
    scene.draw(this.source, mark)
    this.copy.drawImage(video, 0, 0, sceneWidth, sceneHeight)
    this.likeness({
      at: at(time),
      who: mark.who,
      lines: video.videoHeight,
      ssim: likeness(this.copy, this.source),
    })
  }

  private compareDocument(video: HTMLVideoElement, who: number, time: DOMHighResTimeStamp): void {
    this.nextDocument = time + compareDocumentEvery
    drawDocument(this.documentSource, who)
    this.documentCopy.drawImage(video, 0, 0, documentWidth, documentHeight)
    this.likeness({
      at: at(time),
      who,
      lines: video.videoHeight,
      ssim: likeness(this.documentCopy, this.documentSource),
    })
  }
}

function likeness(a: Paint, b: Paint): number {
  const { width, height } = a.canvas
  const top = height * stripHeight + 8 // rows beside the blocks carry their ringing
  const pixels = (paint: Paint) => luma(paint.getImageData(0, 0, width, height).data, width, top)
  return ssim(pixels(a), pixels(b), width, height - top)
}

function canvas(width: number, height: number): Paint {
  const element = document.createElement('canvas')
  element.width = width
  element.height = height
  return element.getContext('2d', { alpha: false, willReadFrequently: true })!
}
