// @vitest-environment happy-dom
import { beforeEach, expect, it } from 'vitest'
import { forget, keep, newKey, unsentOf } from './unsent'

beforeEach(() => sessionStorage.clear())

it('keeps what was written, thread by thread, in its order', () => {
  keep({ thread: 'A', key: '1', text: 'un' })
  keep({ thread: 'B', key: '2', text: 'deux' })
  keep({ thread: 'A', key: '3', text: 'trois' })
  expect(unsentOf('A').map(({ text }) => text)).toEqual(['un', 'trois'])
  forget('1')
  expect(unsentOf('A').map(({ text }) => text)).toEqual(['trois'])
  expect(unsentOf('B')).toHaveLength(1)
})

it('has nothing where what is stored is broken', () => {
  sessionStorage.setItem('threads unsent', '{')
  expect(unsentOf('A')).toEqual([])
})

it('makes a key that nobody else has', () => {
  expect(newKey()).not.toBe(newKey())
})
