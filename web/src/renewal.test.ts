// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import html from '../index.html?raw'
import { ownBuild, renew, renewIfOld } from './renewal'

const reload = vi.fn()
const page = (build: string) => `<!doctype html><head><meta name="build" content="${build}"></head>`

beforeEach(() => {
  sessionStorage.clear()
  reload.mockClear()
  vi.spyOn(location, 'reload').mockImplementation(reload)
  document.head.innerHTML = '<meta name="build" content="old">'
})
afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
})

test('a page that is older than the server loads itself again, once for each', () => {
  renew(ownBuild(), 'old')
  expect(reload).not.toHaveBeenCalled()
  renew(ownBuild(), 'new')
  renew(ownBuild(), 'new') // it was given the old one again
  expect(reload).toHaveBeenCalledTimes(1)
  renew(ownBuild(), 'newer')
  expect(reload).toHaveBeenCalledTimes(2)
})

test('nothing is compared with nothing: a page out of the sources, a server without one', () => {
  renew('', 'new')
  renew('old', '')
  expect(reload).not.toHaveBeenCalled()
})

test('a browser without a memory does not go round in circles', () => {
  vi.stubGlobal('sessionStorage', {
    getItem: () => {
      throw new Error('refused')
    },
  })
  renew('old', 'new')
  expect(reload).not.toHaveBeenCalled()
})

test('a page that cannot talk to the server looks for a newer one, past the cache', async () => {
  const ask = vi.fn(async () => new Response(page('new')))
  vi.stubGlobal('fetch', ask)
  await renewIfOld()
  expect(ask).toHaveBeenCalledWith('/', { cache: 'no-cache' })
  expect(reload).toHaveBeenCalledTimes(1)
})

test.each([
  ['the same page', async () => new Response(page('old'))],
  ['an error', async () => new Response(page('new'), { status: 503 })],
  [
    'nothing',
    async () => {
      throw new TypeError('no network')
    },
  ],
])('%s changes nothing', async (_, answer) => {
  vi.stubGlobal('fetch', answer)
  await renewIfOld()
  expect(reload).not.toHaveBeenCalled()
})

describe('the script in the HTML, which hears of files that do not come', () => {
  let hear: (event: { target: unknown }) => void

  beforeEach(() => {
    document.body.innerHTML = '<div id="page"></div>'
    const script = /<script>([^]*?)<\/script>/.exec(html)![1]!
    new Function('addEventListener', 'location', script)(
      (_: string, listener: typeof hear) => (hear = listener),
      { hash: '', reload },
    )
  })

  test.each(['script', 'link'])('asks once for the page again when a %s is missing', (name) => {
    hear({ target: document.createElement(name) })
    hear({ target: document.createElement(name) })
    expect(reload).toHaveBeenCalledTimes(1)
  })

  test('does so even before there is a body', () => {
    document.body.innerHTML = ''
    hear({ target: document.createElement('link') })
    expect(reload).toHaveBeenCalledTimes(1)
  })

  test('leaves the page alone once it is shown, and for anything else', () => {
    hear({ target: window })
    hear({ target: document.createElement('img') })
    document.getElementById('page')!.append('Bonjour')
    hear({ target: document.createElement('link') })
    expect(reload).not.toHaveBeenCalled()
  })
})
