// @vitest-environment happy-dom
import { expect, test } from 'vitest'
import html from '../index.html?raw'

const script = [...html.matchAll(/<script>([^]*?)<\/script>/g)]
  .map(([, text]) => text!)
  .find((text) => text.includes('findLast'))!

/** What the page shows when such a browser opens it and cannot read the program. */
function shown(array: { prototype: object }, window: object): string {
  document.body.innerHTML = '<div id="page"></div>'
  new Function('Array', 'window', 'document', script)(array, window, document)
  return document.getElementById('page')!.textContent
}

test('a browser that is too old is told so by the page itself, and what to install', () => {
  for (const [array, window] of [
    [{ prototype: {} }, { RTCPeerConnection: class {} }],
    [Array, {}],
  ] as const) {
    expect(shown(array, window)).toContain('Installez la dernière version de Chrome')
    expect(shown(array, window)).toContain('Install the latest Chrome')
  }
  expect(shown(Array, { RTCPeerConnection: class {} })).toBe('')
})

test('it is written as the oldest browsers read it', () => {
  const code = script.replace(/\/\/.*|'[^']*'/g, '')
  expect(code).not.toMatch(/=>|`|\?\.|\b(const|let|class|of)\b/)
})
