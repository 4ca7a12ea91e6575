// @vitest-environment happy-dom
import { render } from 'preact'
import { act } from 'preact/test-utils'
import { afterEach, expect, it, vi } from 'vitest'
import type { Me } from './api'
import { Notices } from './Notices'
import { me } from './session'
import { words } from './words'
import { eventually } from '../eventually'

const page = document.body.appendChild(document.createElement('div'))

afterEach(() => {
  act(() => render(null, page))
  vi.unstubAllGlobals()
})

function show(email = 'claire.bonnet@ch-x.example'): void {
  me.value = { person: { id: 'P1', email }, notices: true } as Me
  act(() => render(<Notices />, page))
}

/** Answers what the page asks, and returns what that was. */
function server(status: number): [string, RequestInit][] {
  const asked: [string, RequestInit][] = []
  vi.stubGlobal('fetch', (path: string, request: RequestInit) => {
    asked.push([path, request])
    const failure = { code: 'internal', message: 'expected a disk with room' }
    return Promise.resolve(
      status === 204 ? new Response(null, { status }) : Response.json(failure, { status }),
    )
  })
  return asked
}

const box = () => page.querySelector<HTMLInputElement>('input[type=checkbox]')
const press = () => act(async () => box()!.click())

it('tells the server what was chosen, and says so', async () => {
  const asked = server(204)
  show()
  expect(box()!.checked).toBe(true)
  expect(box()!.closest('label')!.textContent).toBe(words.value.common.account.noticesOn)
  await press()
  await eventually(() => expect(me.value!.notices).toBe(false))
  expect(asked).toHaveLength(1)
  expect(asked[0]![0]).toBe('/api/me/notices')
  expect(asked[0]![1].method).toBe('PUT')
  expect(asked[0]![1].body).toBe('{"notices":false}')
  await eventually(() =>
    expect(page.querySelector('[role=status]')!.textContent).toBe(words.value.common.saved),
  )
  expect(box()!.checked).toBe(false)
})

it('shows what the server still has when it did not take the choice', async () => {
  server(500)
  show()
  await press()
  await eventually(() => expect(page.querySelector('[role=alert]')?.textContent).toBeTruthy())
  expect(me.value!.notices).toBe(true)
  await eventually(() => expect(box()!.checked).toBe(true))
})

it('has nothing to choose for whoever has no address', () => {
  show('')
  expect(box()).toBeNull()
  expect(page.textContent).toContain(words.value.common.account.noAddress)
})
