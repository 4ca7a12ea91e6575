// @vitest-environment happy-dom
import { expect, test, vi } from 'vitest'
import { useFakeBrowser } from './engine/testing/browser'
import { FakeWebSocket } from './engine/testing/fakes'
import { openCall } from './openCall'
import { readAddress } from './pages/address'

useFakeBrowser()

const opened = () => openCall({ token: 'h.abc.s', relay: false, debug: false })

test('the invitation leaves the address and the history as soon as the tab remembers it', () => {
  location.hash = '#h.abc.s'
  const entries = history.length
  const call = opened()
  expect(location.href).not.toContain('abc')
  expect(history.length).toBe(entries)
  expect(readAddress(location).token).toBe('h.abc.s')
  call.leave()
})

test('it stays where the tab remembers nothing: a reload would lose it', () => {
  location.hash = '#h.abc.s'
  vi.stubGlobal('sessionStorage', {
    getItem: () => null,
    setItem: () => {
      throw new Error('refused')
    },
    removeItem: () => {},
  })
  const call = opened()
  expect(location.hash).toBe('#h.abc.s')
  call.leave()
})

test('the doors that stand in the page are tried after its own server, each once', () => {
  const { host } = location
  const meta = document.createElement('meta')
  meta.name = 'doors'
  meta.content = `a.example:8443 ${host} b.example`
  document.head.append(meta)
  const call = opened()
  for (let i = 0; i < 5; i++) vi.advanceTimersByTime(1_000)
  const tried = FakeWebSocket.all.map(({ url }) => String(url))
  expect(tried).toEqual([`ws://${host}/ws`, 'ws://a.example:8443/ws', 'ws://b.example/ws'])
  call.leave()
  meta.remove()
})
