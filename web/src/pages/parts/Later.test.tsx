// @vitest-environment happy-dom
import { render } from 'preact'
import { act } from 'preact/test-utils'
import { afterEach, expect, test } from 'vitest'
import { after, press, said } from '../testing/page'
import { Later, Part } from './Later'

type Module = { word: string }

/** A part whose attempts to load are answered by hand, the first one first. */
function slowPart() {
  const attempts: { come: () => void; fail: () => void }[] = []
  const part = new Part<Module>(
    () =>
      new Promise((resolve, reject) =>
        attempts.push({
          come: () => resolve({ word: 'arrivé' }),
          fail: () => reject(new TypeError('no network')),
        }),
      ),
  )
  return { part, attempts }
}

let page: HTMLElement
afterEach(() => act(() => render(null, page)))

function showPart(part: Part<Module>): void {
  page = document.createElement('div')
  document.body.append(page)
  act(() => render(<Later part={part}>{({ word }) => <b>{word}</b>}</Later>, page))
}

test('a part that comes says so until it is here', async () => {
  const { part, attempts } = slowPart()
  showPart(part)
  expect(said(page.querySelector('[role=status]'))).toBe('Un instant…')
  await after(attempts[0]!.come)
  expect(said(page)).toBe('arrivé')
})

test('a part that does not come says so, and is tried again', async () => {
  const { part, attempts } = slowPart()
  showPart(part)
  await after(attempts[0]!.fail)
  expect(said(page.querySelector('[role=alert]'))).toMatch(/n’a pas pu être chargée/)
  await press(page, 'Réessayer')
  expect(page.querySelector('[role=alert]')).toBeNull()
  expect(attempts).toHaveLength(2)
  await after(attempts[1]!.come)
  expect(said(page)).toBe('arrivé')
})

test('a part that is missing is tried again when the network is back', async () => {
  const { part, attempts } = slowPart()
  showPart(part)
  await after(attempts[0]!.fail)
  await after(() => dispatchEvent(new Event('online')))
  await after(attempts[1]!.come)
  expect(said(page)).toBe('arrivé')
})

test('a part is asked for once at a time, and never again once it is here', async () => {
  const { part, attempts } = slowPart()
  const first = part.load()
  expect(part.load()).toBe(first)
  attempts[0]!.come()
  await first
  await part.load()
  expect(attempts).toHaveLength(1)
})
