// @vitest-environment happy-dom
import { render } from 'preact'
import { act } from 'preact/test-utils'
import { expect, it } from 'vitest'
import type { Device, Message } from '../api'
import { connections, told } from './live'
import { useFollowing } from './state'

it('does something for each that is told, and after a gap, until the page is gone', () => {
  const heard: string[] = []
  function Page({ name }: { name: string }) {
    useFollowing(
      () => heard.push(name),
      ({ message }) => message?.id === name,
    )
    return null
  }
  const page = document.createElement('div')
  const message = (id: string) => ({ message: { id } as Message })
  told.value = message('A')
  act(() => render(<Page name="A" />, page))
  expect(heard, 'it has read that itself').toEqual([])
  act(() => {
    told.value = message('A') // in one go with another
    told.value = { device: {} as Device }
  })
  expect(heard).toEqual(['A'])
  act(() => render(<Page name="B" />, page))
  act(() => {
    told.value = message('B')
  })
  expect(heard).toEqual(['A', 'B'])
  act(() => {
    connections.value++
  })
  expect(heard).toEqual(['A', 'B', 'B'])
  act(() => render(null, page))
  connections.value++
  expect(heard).toHaveLength(3)
})
