// @vitest-environment happy-dom
import { expect, test } from 'vitest'
import html from '../index.html?raw'

const script = [...html.matchAll(/<script>([^]*?)<\/script>/g)]
  .map(([, text]) => text!)
  .find((text) => text.includes('findLast'))!

/** What the page shows when such a browser opens it and cannot read the program. */
function shown(array: { prototype: object }): string {
  document.body.innerHTML = '<div id="page"></div>'
  new Function('Array', 'document', script)(array, document)
  return document.getElementById('page')!.textContent
}

test('a browser that is too old is told so by the page itself, and what to install', () => {
  const text = shown({ prototype: {} })
  expect(text).toContain('Installez la dernière version de Chrome')
  expect(text).toContain('Install the latest Chrome')
  expect(shown(Array)).toBe('')
})

test('it is written as the oldest browsers read it', () => {
  const code = script.replace(/\/\/.*|'[^']*'/g, '')
  expect(code).not.toMatch(/=>|`|\?\.|\b(const|let|class|of)\b/)
})
