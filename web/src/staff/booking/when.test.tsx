// @vitest-environment happy-dom
import { render } from 'preact'
import { afterEach, expect, it, vi } from 'vitest'
import { skew } from '../desk/live'
import { words } from '../words'
import { TimeFields } from './WhenFields'

const page = document.createElement('div')

afterEach(() => {
  render(null, page)
  skew.value = 0
  vi.useRealTimers()
})

it('takes today from the server, whatever this device believes', () => {
  vi.useFakeTimers({ now: Date.parse('2026-12-01T10:00:00Z') })
  skew.value = 3 * 24 * 60 * 60_000 // the battery of the clock is flat
  const onChange = vi.fn()
  const fields = { date: '', time: '', minutes: 30, later: false, zone: 'Europe/Paris' }
  render(<TimeFields {...fields} onChange={onChange} />, page)
  const [today] = [...page.querySelectorAll('button')].filter(
    ({ textContent }) => textContent === words.value.booking.when.today,
  )
  today!.click()
  expect(onChange).toHaveBeenCalledExactlyOnceWith({ date: '2026-12-04', later: false })
})
