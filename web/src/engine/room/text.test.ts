import { expect, test } from 'vitest'
import source from '../../../../signaling/protocol/clean.go?raw'
import names from '../../../../signaling/protocol/testdata/names.json'
import { cleanName, cleanText } from './text'

test.each([
  ['Mme\tRey', 'Mme Rey'],
  ['\u202aMme Rey\u202c', 'Mme Rey'],
  ['  Zoé\n Astruc ', 'Zoé Astruc'],
  ['\u200b\u3164', ''],
])('the name %j is %j', (name, shown) => {
  expect(cleanName(name)).toBe(shown)
})

test('a pasted telephone number keeps its digits and loses what hides in it', () => {
  expect(cleanText('\u202a+33 4 66 49 00 00\u202c\r\nmerci\u0007')).toBe('+33 4 66 49 00 00\nmerci')
})

test('emoji and joined scripts stay as they are', () => {
  expect(cleanText('👩‍⚕️ می‌خواهم')).toBe('👩‍⚕️ می‌خواهم')
})

test.each(names)('the name %j is %j, as the server has it', (name, shown) => {
  expect(cleanName(name!)).toBe(shown)
  expect(cleanName(shown!)).toBe(shown)
})

test('joiners stay between the characters that the server names', () => {
  const [, list = ''] = /var joined = ([\s\S]*?)\n\}/.exec(source) ?? []
  const ranges = [...list.matchAll(/Lo: (0x\w+), Hi: (0x\w+)/g)]
  expect(ranges.length).toBeGreaterThan(5)
  for (const [, low, high] of ranges) {
    const inside = [Number(low), Number(high)].map((code) => String.fromCodePoint(code))
    const outside = [Number(low) - 1, Number(high) + 1].map((code) => String.fromCodePoint(code))
    for (const one of inside.filter((one) => cleanName(one) === one))
      expect(cleanName(`م\u200c${one}`), one).toBe(`م\u200c${one}`)
    for (const one of outside) expect(cleanName(`م\u200c${one}`), one).not.toContain('\u200c')
  }
})

test('what the server takes out of a name is taken out here', () => {
  const [, list = ''] = /var invisible = ([\s\S]*?)\n\}/.exec(source) ?? []
  const ranges = [...list.matchAll(/Lo: (0x\w+), Hi: (0x\w+)/g)]
  expect(ranges.length).toBeGreaterThan(5)
  for (const [, low, high] of ranges)
    for (const code of [Number(low), Number(high)])
      expect(cleanName(`a${String.fromCodePoint(code)}b`), code.toString(16)).toBe('ab')
})
