import { expect, it } from 'vitest'
import { pixelsAlone } from './clean'
import { fitted } from './draw'

const text = (words: string) => [...words].map((letter) => letter.charCodeAt(0))
const segment = (marker: number, body: number[]) => [0xff, marker, 0, body.length + 2, ...body]

const jfif = segment(0xe0, [...text('JFIF\0'), 1, 1, 0, 0, 1, 0, 1, 0, 0])
const adobe = segment(0xee, [...text('Adobe'), 0, 100, 0, 0, 0, 0, 1])
const quantisation = segment(0xdb, [0, 16, 11])
const frame = segment(0xc0, [8, 0, 3, 0, 5, 1, 1, 0x11, 0])
const scan = [...segment(0xda, [1, 1, 0, 0, 63, 0]), 0xff, 0, 0xff, 0xe1, 7, 0xff, 0xd9]
const pixels = [...jfif, ...adobe, ...quantisation, ...frame, ...scan]
const file = (...segments: number[][]) => new Uint8Array([0xff, 0xd8, ...segments.flat()])

it('takes out what tells more than pixels', () => {
  const exif = segment(0xe1, [...text('Exif\0\0'), ...text('GPS 43.6 N')])
  const others = [
    segment(0xe1, text('http://ns.adobe.com/xap/1.0/\0')),
    segment(0xe2, text('ICC_PROFILE\0')),
    segment(0xed, text('Photoshop 3.0\0')),
    segment(0xfe, text('Mme Rey')),
    segment(0xe0, [...text('JFIF\0'), 1, 1, 0, 0, 1, 0, 1, 1, 1, 9, 9, 9]), // a thumbnail
    segment(0xe0, text('JFXX\0')),
  ]
  expect(pixelsAlone(file(exif, ...others, pixels))).toEqual(file(pixels))
  expect(pixelsAlone(file(jfif, ...others, adobe, quantisation, exif, frame, scan))).toEqual(
    file(pixels),
  )
})

it('leaves a picture without it as it is, and what is none to the server', () => {
  expect(pixelsAlone(file(pixels))).toEqual(file(pixels))
  for (const bytes of [[], [0xff], [0xff, 0xd8], [0xff, 0xd8, 0xff, 0xe1, 0xff]])
    expect(pixelsAlone(new Uint8Array(bytes))).toEqual(new Uint8Array(bytes))
})

it('keeps the shape of what is too large', () => {
  expect(fitted(4032, 3024)).toEqual({ width: 4032, height: 3024 })
  expect(fitted(12_000, 9_000)).toEqual({ width: 4729, height: 3547 })
  expect(fitted(20_000, 100)).toEqual({ width: 8192, height: 40 })
  expect(fitted(4_000, 3_000, 480)).toEqual({ width: 480, height: 360 })
  expect(fitted(10_000, 1, 480)).toEqual({ width: 480, height: 1 })
})
