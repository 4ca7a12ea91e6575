// @vitest-environment happy-dom
import { afterEach, expect, it, vi } from 'vitest'
import { calls, hearCall, later, readCalls } from './calls'

afterEach(() => {
  calls.value = []
  vi.unstubAllGlobals()
})

const told = (id: string, calling: string) => ({ id, calling, state: 'taken' as const })
const shown = () => calls.value.map(({ id }) => id)

it('shows who calls until they do no more', () => {
  hearCall(told('a', 'Dr Bonnet'))
  hearCall(told('b', 'Dr Martin'))
  hearCall(told('a', 'Dr Bonnet'))
  expect(shown().sort()).toEqual(['a', 'b'])
  hearCall(told('a', ''))
  expect(shown()).toEqual(['b'])
})

it('shows what was put off again once it calls anew', () => {
  hearCall(told('a', 'Dr Bonnet'))
  later('a')
  expect(shown()).toEqual([])
  hearCall(told('a', 'Dr Bonnet'))
  expect(shown()).toEqual([])
  hearCall(told('a', ''))
  hearCall(told('a', 'Dr Bonnet'))
  expect(shown()).toEqual(['a'])
  hearCall(told('a', ''))
})

it('reads what it has missed, and forgets what is over', async () => {
  hearCall(told('over', 'Dr Bonnet'))
  vi.stubGlobal('fetch', () =>
    Promise.resolve(Response.json({ items: [told('new', 'Dr Martin')] })),
  )
  await readCalls()
  expect(shown()).toEqual(['new'])
})
