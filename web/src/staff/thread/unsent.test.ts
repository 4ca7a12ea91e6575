// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { forget, keep, unsentOf } from './unsent'

beforeEach(() => sessionStorage.clear())
afterEach(() => vi.restoreAllMocks())

const textsOf = (thread: string, person = 'P') => unsentOf(thread, person).map(({ text }) => text)

it('keeps what was written, thread by thread, in its order', () => {
  keep({ thread: 'A', person: 'P', key: '1', text: 'un' })
  keep({ thread: 'B', person: 'P', key: '2', text: 'deux' })
  keep({ thread: 'A', person: 'P', key: '3', text: 'trois' })
  expect(textsOf('A')).toEqual(['un', 'trois'])
  forget('1')
  expect(textsOf('A')).toEqual(['trois'])
  expect(textsOf('B')).toEqual(['deux'])
})

it('gives nobody what another person has written in this tab', () => {
  keep({ thread: 'A', person: 'P', key: '1', text: 'un' })
  expect(textsOf('A', 'Q')).toEqual([])
  expect(textsOf('A')).toEqual(['un'])
})

it('has nothing where what is stored is broken', () => {
  sessionStorage.setItem('threads unsent', '{')
  expect(textsOf('A')).toEqual([])
})

it('has what was written where nothing is stored', () => {
  vi.stubGlobal('sessionStorage', {
    getItem: () => null,
    setItem: () => {
      throw new Error('refused')
    },
  })
  keep({ thread: 'A', person: 'P', key: '1', text: 'un' })
  keep({ thread: 'A', person: 'P', key: '2', text: 'deux' })
  forget('1')
  expect(textsOf('A')).toEqual(['deux'])
  vi.unstubAllGlobals()
  forget('2')
  expect(textsOf('A')).toEqual([])
})
