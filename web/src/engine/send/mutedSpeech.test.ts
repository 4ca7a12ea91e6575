import { expect, test } from 'vitest'
import { SpeechDetector } from './mutedSpeech'

const told = (levels: number[]) => {
  const detector = new SpeechDetector()
  return levels.filter((level) => detector.take(level)).length
}
const silence = Array.from({ length: 10 }, () => 0.1)

test('speech is told once, however long it lasts', () => {
  expect(told(Array.from({ length: 100 }, () => 0.6))).toBe(1)
})

test('speech has gaps between its words', () => {
  expect(told(Array.from({ length: 10 }, (_, i) => (i % 3 ? 0.6 : 0.2)))).toBe(1)
})

test('a door, a cough and a quiet room are not speech', () => {
  const cough = [...silence, 0.8, 0.8, 0.8, 0.8, ...silence]
  expect(told([...cough, ...cough, ...cough])).toBe(0)
  expect(told(Array.from({ length: 600 }, () => 0.39))).toBe(0)
})
