import { blocks, encode, frameNumbers, type Mark, stripHeight } from './code'

export type Paint = CanvasRenderingContext2D

export const sceneWidth = 640
export const sceneHeight = 360
export const sceneRate = 20

/**
 * A person before a wall, as a camera sees them: they sway, nod, blink and speak, and the sensor
 * adds noise. What an encoder must do for it is what it must do for a face. Equal marks give equal
 * pictures, so that whoever receives one can draw the source again.
 */
export class Scene {
  private readonly wall: HTMLCanvasElement
  private readonly skin: HTMLCanvasElement
  private readonly grain: HTMLCanvasElement

  constructor(who: number) {
    const random = generator(who + 1)
    this.wall = texture(
      sceneWidth + 64,
      sceneHeight,
      24,
      random,
      `hsl(${200 + who * 30}, 18%, 62%)`,
      0.35,
    )
    this.skin = texture(256, 256, 10, random, `hsl(${22 + who * 4}, 45%, 68%)`, 0.22)
    this.grain = texture(sceneWidth + 64, sceneHeight + 64, 2, random, '#808080', 1)
  }

  draw(paint: Paint, mark: Mark): void {
    const t = mark.frame / sceneRate
    // Whole turns within the frame numbers: the last picture is followed by the first.
    const turn = (times: number) => Math.sin((2 * Math.PI * times * mark.frame) / frameNumbers)
    const sway = 22 * turn(20) + 9 * turn(53)
    const nod = 7 * turn(31) + 3 * turn(87)
    paint.globalAlpha = 1
    paint.drawImage(this.wall, 0, 0)
    this.person(paint, sceneWidth / 2 + sway, 205 + nod, t)
    paint.globalAlpha = 0.05
    paint.drawImage(this.grain, -((mark.frame * 37) % 64), -((mark.frame * 23) % 64))
    paint.globalAlpha = 1
    strip(paint, mark, sceneWidth, sceneHeight)
  }

  private person(paint: Paint, x: number, y: number, t: number): void {
    ellipse(paint, x * 0.4 + sceneWidth * 0.3, 400, 190, 110, '#3c4f6b') // shoulders
    ellipse(paint, x, y - 22, 88, 112, '#4a3728') // hair
    paint.save()
    paint.beginPath()
    paint.ellipse(x, y, 76, 100, 0, 0, 2 * Math.PI)
    paint.clip()
    paint.drawImage(this.skin, x - 128, y - 128)
    const shade = paint.createRadialGradient(x - 25, y - 30, 20, x, y, 110)
    shade.addColorStop(0, 'rgba(255,255,255,0.18)')
    shade.addColorStop(1, 'rgba(60,20,0,0.35)')
    paint.fillStyle = shade
    paint.fillRect(x - 128, y - 128, 256, 256)
    paint.restore()
    const open = t % 3.2 < 0.15 ? 1 : 8
    for (const side of [-1, 1]) {
      ellipse(paint, x + side * 30, y - 18, 14, open, '#f4f1ec')
      ellipse(paint, x + side * 30 + 4 * Math.sin(t * 0.9), y - 18, 5, Math.min(open, 5), '#2b2118')
      ellipse(paint, x + side * 30, y - 38, 18, 3, '#4a3728')
    }
    ellipse(paint, x, y + 14, 9, 18, 'rgba(120,60,40,0.25)')
    const speaks = Math.sin(t * 0.8) > -0.5
    ellipse(
      paint,
      x,
      y + 52,
      26,
      4 + (speaks ? 9 * Math.abs(Math.sin(t * 9) * Math.sin(t * 2.3)) : 0),
      '#7c2f33',
    )
  }
}

/** The blocks that say what picture this is, along the upper edge of one of that size. */
export function strip(paint: Paint, mark: Mark, width: number, height: number): void {
  const bits = encode(mark)
  for (let i = 0; i < blocks; i++) {
    paint.fillStyle = (bits >> (blocks - 1 - i)) & 1 ? '#fff' : '#000'
    paint.fillRect((i * width) / blocks, 0, width / blocks, height * stripHeight)
  }
}

function ellipse(
  paint: Paint,
  x: number,
  y: number,
  width: number,
  height: number,
  colour: string,
): void {
  paint.fillStyle = colour
  paint.beginPath()
  paint.ellipse(x, y, width, height, 0, 0, 2 * Math.PI)
  paint.fill()
}

/** Clouds of grey over a colour, `grain` pixels wide. */
function texture(
  width: number,
  height: number,
  grain: number,
  random: () => number,
  colour: string,
  strength: number,
): HTMLCanvasElement {
  const small = document.createElement('canvas')
  small.width = Math.ceil(width / grain)
  small.height = Math.ceil(height / grain)
  const cells = small.getContext('2d')!
  const image = cells.createImageData(small.width, small.height)
  for (let i = 0; i < image.data.length; i += 4) {
    image.data.fill(255 * random(), i, i + 3)
    image.data[i + 3] = 255
  }
  cells.putImageData(image, 0, 0)
  const canvas = document.createElement('canvas')
  canvas.width = width
  canvas.height = height
  const paint = canvas.getContext('2d')!
  paint.fillStyle = colour
  paint.fillRect(0, 0, width, height)
  paint.globalAlpha = strength
  paint.drawImage(small, 0, 0, width, height)
  return canvas
}

/** Mulberry32: the same numbers from the same seed, in every browser. */
function generator(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}
