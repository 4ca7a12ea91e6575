/**
 * Helpers of the tests of pages: renders one with a fake call and finds things as a person would,
 * by their words.
 */
import { h, render } from 'preact'
import { act } from 'preact/test-utils'
import { afterEach, beforeAll, vi } from 'vitest'
import { settled } from '../../engine/testing/fakes'
import { language } from '../../i18n'
import { App } from '../App'
import { aside } from '../call/aside'
import { help } from '../lobby/Trouble'
import { mode } from '../parts/mode'
import type { FakeCall } from './fake'

// What a browser loads later is at hand.
beforeAll(() => Promise.all([aside.load(), help.load(), mode.load()]))

afterEach(() => {
  const page = document.getElementById('page')
  if (page) act(() => render(null, page))
  document.body.innerHTML = ''
  localStorage.clear()
  sessionStorage.clear()
  language.value = 'fr'
  vi.useRealTimers()
})

/** Shows the page of a call on a stage of the given size; happy-dom lays nothing out by itself. */
export function show(call: FakeCall, width = 1008, height = 620): HTMLElement {
  vi.spyOn(HTMLElement.prototype, 'clientWidth', 'get').mockReturnValue(width)
  vi.spyOn(HTMLElement.prototype, 'clientHeight', 'get').mockReturnValue(height)
  const page = document.createElement('div')
  page.id = 'page'
  document.body.append(page)
  act(() => render(h(App, { call }), page))
  return page
}

/** What a reload does: the page is gone, and what the tab and the browser keep is not. */
export function reload(call: FakeCall): HTMLElement {
  const page = document.getElementById('page')!
  act(() => render(null, page))
  page.remove()
  return show(call)
}

/** Does something and lets the page follow, also where it asks the browser something first. */
export async function after(does: () => unknown): Promise<void> {
  await act(async () => {
    await does()
  })
  await act(settled)
}

/** A text with every kind of space as a plain one. */
export function plain(text: string): string {
  return text.replace(/\s+/g, ' ').trim()
}

/** All that an element says. */
export function said(element: Element | null): string {
  return plain(element?.textContent ?? '')
}

const nameOf = (element: Element) =>
  plain(element.getAttribute('aria-label') ?? element.textContent ?? '')

export function buttons(page: ParentNode, name: string | RegExp): HTMLButtonElement[] {
  return [...page.querySelectorAll('button')].filter((button) =>
    typeof name === 'string' ? nameOf(button) === name : name.test(nameOf(button)),
  )
}

export function button(page: ParentNode, name: string | RegExp): HTMLButtonElement {
  const [found, second] = buttons(page, name)
  const all = () => buttons(page, /./).map(nameOf).join(' | ')
  if (!found) throw new Error(`no button ${name}; there are: ${all()}`)
  if (second) throw new Error(`several buttons ${name}: ${all()}`)
  return found
}

export async function press(page: ParentNode, name: string | RegExp): Promise<void> {
  await after(() => button(page, name).click())
}

export async function type(
  field: HTMLInputElement | HTMLTextAreaElement,
  text: string,
): Promise<void> {
  await after(() => {
    field.value = text
    field.dispatchEvent(new Event('input', { bubbles: true }))
  })
}

export function title(page: ParentNode): string {
  return said(page.querySelector('h1'))
}

export function texts(page: ParentNode, selector: string): string[] {
  return [...page.querySelectorAll(selector)].map(said)
}
