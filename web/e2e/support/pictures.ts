import type { Locator, Page } from '@playwright/test'

/** A photograph as a phone takes one: noise, held upright, with EXIF that tells the place. */
export async function photograph(page: Page, width: number, height: number): Promise<Buffer> {
  const drawn = await page.evaluate(
    async ([width, height]) => {
      const canvas = new OffscreenCanvas(width, height)
      const context = canvas.getContext('2d')!
      const picture = context.createImageData(width, height)
      for (let i = 0; i < picture.data.length; i++)
        picture.data[i] = i % 4 === 3 ? 255 : Math.random() * 256
      context.putImageData(picture, 0, 0)
      const blob = await canvas.convertToBlob({ type: 'image/jpeg', quality: 0.9 })
      const reader = new FileReader()
      await new Promise((read) => {
        reader.onload = read
        reader.readAsDataURL(blob)
      })
      return (reader.result as string).split(',')[1]!
    },
    [width, height] as const,
  )
  const jpeg = Buffer.from(drawn, 'base64')
  return Buffer.concat([jpeg.subarray(0, 2), exif(), jpeg.subarray(2)])
}

/** What EXIF of `photograph` says of the place. */
export const place = '43.61 N'

/** EXIF 2.32: turned by a quarter, and a description. */
function exif(): Buffer {
  const tiff = Buffer.from(
    '4d4d002a00000008' + // big endian, the first directory
      '0002' +
      '010e000200000008' + // description: eight letters
      '00000026' +
      '0112000300000001' + // orientation
      '00060000' +
      '00000000',
    'hex',
  )
  const body = Buffer.concat([Buffer.from('Exif\0\0'), tiff, Buffer.from(`${place}\0`)])
  const head = Buffer.from([0xff, 0xe1, 0, body.length + 2])
  return Buffer.concat([head, body])
}

/** Everything that the page sends by PUT is counted, however it ends. */
export async function countSent(page: Page): Promise<() => Promise<number>> {
  await page.addInitScript(() => {
    const real = window.fetch
    window.fetch = (input, init) => {
      if (init?.method === 'PUT') {
        const before = Number(sessionStorage.getItem('sent') ?? 0)
        sessionStorage.setItem('sent', String(before + (init.body as Blob).size))
      }
      return real(input, init)
    }
  })
  return () => page.evaluate(() => Number(sessionStorage.getItem('sent') ?? 0))
}

/** A link of so many bits per second; 0: none at all. */
export async function thinLink(page: Page): Promise<(bits: number) => Promise<void>> {
  const session = await page.context().newCDPSession(page)
  return async (bits) => {
    await session.send('Network.emulateNetworkConditions', {
      offline: bits === 0,
      latency: 100, // ms
      downloadThroughput: bits / 8,
      uploadThroughput: bits / 8,
    })
  }
}

/** Where points of the photo are on a screen. */
export const places = (drawing: Locator, points: readonly (readonly [number, number])[]) =>
  drawing.evaluate((svg, points) => {
    const matrix = (svg as SVGSVGElement).getScreenCTM()!
    return points.map(([x, y]) => {
      const at = new DOMPoint(x, y).matrixTransform(matrix)
      return { x: at.x, y: at.y }
    })
  }, points)

/** A recording of so many seconds: 8 kHz, and a chunk that tells who. */
export function recorded(seconds: number): Buffer {
  const rate = 8_000 // Hz
  const samples = Buffer.alloc(2 * rate * seconds)
  for (let i = 0; i < rate * seconds; i++)
    samples.writeInt16LE(Math.round(9_000 * Math.sin(i / 3)), 2 * i)
  return waved(rate, samples)
}

/** Breathing as a microphone at a chest takes it: noise that swells and ebbs, at 16 kHz. */
export function breathing(seconds: number): Buffer {
  const rate = 16_000 // Hz
  const samples = Buffer.alloc(2 * rate * seconds)
  let air = 0
  for (let i = 0; i < rate * seconds; i++) {
    air = 0.95 * air + Math.random() - 0.5
    const breath = 250 + 220 * Math.sin((2 * Math.PI * i) / rate / 3)
    samples.writeInt16LE(Math.round(air * breath + 15 * (Math.random() - 0.5)), 2 * i)
  }
  return waved(rate, samples)
}

/** Samples as a dictaphone writes them down. */
function waved(rate: number, samples: Buffer): Buffer {
  const chunk = (name: string, body: Buffer) => {
    const head = Buffer.from(`${name}0000`)
    head.writeUInt32LE(body.length, 4)
    return Buffer.concat([head, body])
  }
  const format = Buffer.from('0100010000000000' + '0000000002001000', 'hex')
  format.writeUInt32LE(rate, 4)
  format.writeUInt32LE(2 * rate, 8)
  const told = chunk('LIST', Buffer.from(`INFOIART\x08\0\0\0${place}\0`))
  return chunk(
    'RIFF',
    Buffer.concat([Buffer.from('WAVE'), chunk('fmt ', format), told, chunk('data', samples)]),
  )
}
