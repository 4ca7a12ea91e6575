// @vitest-environment happy-dom
import { beforeEach, expect, test } from 'vitest'
import { keepFocus } from './keepFocus'

beforeEach(() => {
  document.body.innerHTML = `
    <header><div class="banner"><button id="close"></button></div>
      <div class="mode"><button id="stop"></button></div></header>
    <main><h1 tabindex="-1" id="page"></h1>
      <section>
        <p id="state"></p>
        <div class="line"><button id="open1"></button><button id="drop1"></button></div>
        <div class="line"><button id="open2"></button><button id="drop2"></button></div>
      </section></main>
    <aside><div><h2 tabindex="-1" id="panel"></h2></div><ul><li><button id="lower"></button></li>
    </ul></aside>`.replace(/>\s+</g, '><') // as Preact draws it
  keepFocus()
})

const get = (id: string) => document.getElementById(id)!

/** Removes something while one of it has the focus; where the focus is then. */
async function without(focused: string, removed = get(focused).parentElement!): Promise<string> {
  get(focused).focus()
  removed.remove()
  await new Promise((told) => setTimeout(told))
  return document.activeElement!.id
}

test.each([
  ['drop1', 'open2', 'the next line of a list'],
  ['drop2', 'open1', 'or the one before'],
  ['close', 'page', 'the title of the page, not another banner with another answer'],
  ['lower', 'panel', 'the title of the panel that it stood in'],
])('after %s the focus is at %s: %s', async (gone, there) => {
  expect(await without(gone)).toBe(there)
})

test('the last one of a list leaves the focus to the title', async () => {
  await without('drop1')
  expect(await without('drop2')).toBe('page')
})

test('a button alone leaves it to the title, not to its neighbour', async () => {
  expect(await without('drop1', get('drop1'))).toBe('page')
})

test('whoever removes it may say where it goes', async () => {
  get('close').focus()
  queueMicrotask(() => get('lower').focus())
  get('close').parentElement!.remove()
  await new Promise((told) => setTimeout(told))
  expect(document.activeElement!.id).toBe('lower')
})

test('nothing takes the focus that nobody had', async () => {
  get('drop1').focus()
  get('drop1').blur()
  await new Promise((told) => setTimeout(told))
  get('drop1').parentElement!.remove()
  await new Promise((told) => setTimeout(told))
  expect(document.activeElement).toBe(document.body)
})
