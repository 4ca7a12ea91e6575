// @vitest-environment happy-dom
import { render } from 'preact'
import { act } from 'preact/test-utils'
import { afterEach, expect, it, vi } from 'vitest'
import type { OpinionLine } from '../api'
import { unseenOf, useSeen } from './seen'

const line = (id: string, version: number, seen: number) =>
  ({ opinion: { id, version }, seen }) as OpinionLine

function Page({ lines }: { lines?: OpinionLine[] }) {
  useSeen(lines)
  return null
}

const page = document.createElement('div')
const show = (lines?: OpinionLine[]) => act(() => render(<Page lines={lines} />, page))
let visible: DocumentVisibilityState = 'visible'
vi.spyOn(document, 'visibilityState', 'get').mockImplementation(() => visible)

afterEach(() => {
  act(() => render(null, page))
  vi.unstubAllGlobals()
  visible = 'visible'
})

function server(): string[] {
  const told: string[] = []
  vi.stubGlobal('fetch', (_: string, { body }: RequestInit) => {
    told.push(body as string)
    return Promise.resolve(new Response(null, { status: 204 }))
  })
  return told
}

it('tells what is new, and nothing twice', () => {
  const told = server()
  show()
  show([line('a', 1, 0), line('b', 3, 3)])
  show([line('a', 1, 1), line('b', 3, 3)])
  expect(told).toEqual(['{"items":[{"id":"a","version":1}]}'])
})

it('tells nothing while nobody sees the page', () => {
  const told = server()
  visible = 'hidden'
  show([line('a', 2, 1)])
  expect(told).toEqual([])
  visible = 'visible'
  for (let times = 0; times < 2; times++) document.dispatchEvent(new Event('visibilitychange'))
  expect(told).toEqual(['{"items":[{"id":"a","version":2}]}'])
})

it('tells no more at once than the server takes', () => {
  expect(unseenOf(Array.from({ length: 300 }, () => line('a', 1, 0))).items).toHaveLength(200)
})
