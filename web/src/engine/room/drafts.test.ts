import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { type Change, changeOf, changed, Drafts, OwnDraft } from './drafts'
import { fc } from '../testing/properties'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test.each([
  ['', 'B', { keep: 0, text: 'B' }],
  ['Bon', 'Bonjour', { keep: 3, text: 'jour' }],
  ['Bonjuor', 'Bonjour', { keep: 4, text: 'our' }],
  ['Bonjour', '', { keep: 0, text: '' }],
  ['👩‍⚕️', '👩‍⚕️!', { keep: 4, text: '!' }],
  ['même', 'même', undefined],
])('from %j to %j is %j', (before, now, change) => {
  expect(changeOf(before, now)).toEqual(change)
})

test('whoever has read every change reads the draft', () => {
  const drafts = fc.array(fc.string({ unit: fc.constantFrom('a', 'é', ' ', '😀', '\n') }))
  fc.assert(
    fc.property(drafts, (history) => {
      let [own, theirs] = ['', '']
      for (const draft of history) {
        const change = changeOf(own, draft)
        if (change) theirs = changed(theirs, change)
        own = draft
        expect(theirs).toBe(own)
      }
    }),
  )
})

test('letters are gathered for 300 ms, never longer, and only what is new travels', () => {
  const sent: Change[] = []
  const draft = new OwnDraft((change) => Boolean(sent.push(change)))
  for (const text of ['B', 'Bo', 'Bon']) {
    draft.type(text)
    vi.advanceTimersByTime(99)
  }
  expect(sent).toEqual([])
  vi.advanceTimersByTime(3)
  expect(sent).toEqual([{ keep: 0, text: 'Bon' }])
  draft.type('Bonjour')
  vi.advanceTimersByTime(300)
  expect(sent.at(-1)).toEqual({ keep: 3, text: 'jour' })
  draft.said()
  draft.type('')
  vi.advanceTimersByTime(1_000)
  expect(sent).toHaveLength(2)
})

test('a whole minute of fast typing takes less than 3 kbit/s on the wire', () => {
  let bytes = 0
  const headers = 40 + 12 + 21 + 8 // IPv6, TCP with timestamps, TLS, websocket
  const draft = new OwnDraft((change) => {
    bytes += headers + JSON.stringify({ type: 'typing', ...change }).length
    return true
  })
  for (let i = 1; i <= 600; i++) {
    draft.type('x'.repeat(i % 300)) // ten letters a second
    vi.advanceTimersByTime(100)
  }
  expect((8 * bytes) / 60).toBeLessThan(4_000)
  expect((8 * bytes) / 60).toBeGreaterThan(1_000)
})

test('what the server did not take is sent again, whole to whoever has just come', () => {
  const sent: Change[] = []
  let there = false
  const draft = new OwnDraft((change) => there && Boolean(sent.push(change)))
  draft.type('Bon')
  vi.advanceTimersByTime(1_000)
  there = true
  vi.advanceTimersByTime(300)
  expect(sent).toEqual([{ keep: 0, text: 'Bon' }])
  draft.repeat()
  expect(sent.at(-1)).toEqual({ keep: 0, text: 'Bon' })
  draft.said()
  draft.repeat()
  expect(sent).toHaveLength(2)
})

test('drafts end with their line, and begin with an ellipsis for whoever came later', () => {
  const drafts = new Drafts()
  drafts.typed({ type: 'typed', participant: 'a', keep: 5, text: 'jour' })
  drafts.typed({ type: 'typed', participant: 'b', keep: 0, text: 'Oui' })
  expect(drafts.all.value).toEqual({ a: '…jour', b: 'Oui' })
  drafts.end(['a'])
  expect(drafts.all.value).toEqual({ b: 'Oui' })
  drafts.typed({ type: 'typed', participant: 'b', keep: 0, text: '' })
  expect(drafts.all.value).toEqual({})
})
