// @vitest-environment happy-dom
import { describe, expect, it, vi } from 'vitest'
import type { ByeReason } from '../protocol/messages'
import { words } from '../i18n'
import { show as open } from '../main'
import { FakeCall, person } from './testing/fake'
import { after, button, buttons, plain, press, said, show, texts, title } from './testing/page'
import { eventually } from '../eventually'

describe('the pages', () => {
  it('follow the place of the participant', async () => {
    const call = new FakeCall()
    call.place.value = 'connecting'
    call.me.value = { id: 'me', name: 'Mme Rey', role: 'guest' }
    const page = show(call)
    expect(title(page)).toBe('Connexion en cours')
    for (const [place, expected] of [
      ['lobby', 'Comment vous appelez-vous ?'],
      ['waiting', 'Vous êtes au bon endroit'],
      ['room', 'Appel en cours'],
      ['ended', 'Vous avez quitté l’appel'],
    ] as const) {
      await after(() => (call.place.value = place))
      expect(title(page)).toBe(expected)
    }
  })

  it('warn before the tab is closed in the room, and only there', async () => {
    const call = new FakeCall()
    call.place.value = 'waiting'
    show(call)
    const closing = () => {
      const event = new Event('beforeunload', { cancelable: true })
      dispatchEvent(event)
      return event.defaultPrevented
    }
    expect(closing()).toBe(false)
    await after(() => (call.place.value = 'room'))
    expect(closing()).toBe(true)
    await after(() => (call.place.value = 'ended'))
    expect(closing()).toBe(false)
  })

  it('tell in the title of the tab that somebody waits', async () => {
    const call = new FakeCall().enterAs('host', 'Dr Vidal')
    show(call)
    await after(() => (call.waiting.value = [person('w', 'Mme Rey')]))
    expect(document.title).toBe('(1 personne attend) Appel en cours – Draille')
  })

  it('leave the lobby that nobody has touched for half an hour, if it is a guest\'s', async () => {
    for (const role of ['guest', 'host'] as const) {
      vi.useFakeTimers()
      const call = new FakeCall()
      call.place.value = 'lobby'
      call.me.value = { id: 'me', name: 'Mme Rey', role }
      show(call)
      vi.advanceTimersByTime(29 * 60_000)
      dispatchEvent(new Event('keydown'))
      vi.advanceTimersByTime(29 * 60_000)
      expect(call.asked).toEqual([])
      vi.advanceTimersByTime(60_000)
      expect(call.asked).toEqual(role === 'guest' ? [['leave']] : [])
      vi.useRealTimers()
      await after(() => (call.place.value = 'waiting'))
    }
  })

  it('offer to try a refused camera again, where they say to', async () => {
    const call = new FakeCall()
    call.place.value = 'waiting'
    call.camera.value = { ...call.camera.value, wanted: true, trouble: 'refused-by-browser' }
    const page = show(call)
    await press(page, 'Réessayer')
    expect(call.asked).toContainEqual(['setCamera', true])
    expect(call.asked).not.toContainEqual(['setMicrophone', true])
  })

  it('change language on the spot', async () => {
    const call = new FakeCall()
    call.place.value = 'waiting'
    const page = show(call)
    button(page, 'English').focus()
    await press(page, 'English')
    expect(title(page)).toBe('You have arrived')
    expect(document.documentElement.lang).toBe('en')
    expect(document.activeElement, 'the focus stays').toBe(button(page, 'Français'))
    await press(page, 'Français')
    expect(title(page)).toBe('Vous êtes au bon endroit')
  })

  it('count down to the next attempt when the server is gone', async () => {
    vi.useFakeTimers()
    const call = new FakeCall()
    call.place.value = 'connecting'
    const page = show(call)
    const retryAt = performance.now() + 5_000
    await after(() => (call.link.value = { state: 'lost', attempt: 1, retryAt }))
    expect(said(page)).toContain('Nouvel essai dans 5 s.')
    expect(texts(page, '[role=alert]')).toEqual(['La connexion est perdue.'])
    await after(() => vi.advanceTimersByTime(3000))
    expect(said(page)).toContain('Nouvel essai dans 2 s.')
    await after(() => vi.advanceTimersByTime(3000))
    expect(said(page)).toContain('Nouvel essai en cours…')
    await after(() => (call.link.value = { state: 'open' }))
    expect(texts(page, '[role=alert]')).toEqual([''])
  })
})

describe('the waiting room', () => {
  it('says who will open, and shows the note of the staff', async () => {
    const call = new FakeCall()
    call.place.value = 'waiting'
    const page = show(call)
    expect(said(page)).toContain('La personne qui vous reçoit n’est pas encore là.')
    await after(() => {
      call.expectedBy.value = 'Dr Vidal'
      call.note.value = 'Dix minutes de retard.'
    })
    expect(said(page)).toContain('Dr Vidal est là et peut vous faire entrer.')
    expect(said(page)).toContain('Dix minutes de retard.')
    await press(page, 'Éteindre la caméra')
    await press(page, 'Couper le micro')
    await press(page, 'Quitter')
    expect(call.asked).toEqual([['setCamera', false], ['setMicrophone', false], ['leave']])
  })
})

describe('the goodbye page', () => {
  const reasons = Object.keys(words.peek().ended).filter(
    (key) => key !== 'closeTab',
  ) as (ByeReason | 'unsupported')[]

  it.each(reasons)('has its sentences for %s', (reason) => {
    const call = new FakeCall()
    call.place.value = 'ended'
    call.ended.value = { reason, canReturn: false }
    const page = show(call)
    const { title: heading, text } = words.value.ended[reason]
    expect(title(page)).toBe(plain(heading))
    expect(said(page)).toContain(plain(text))
    expect(buttons(page, 'Revenir')).toHaveLength(0)
  })

  it('lets one come back', async () => {
    const call = new FakeCall()
    call.place.value = 'ended'
    call.ended.value = { reason: 'left', canReturn: true }
    const page = show(call)
    await press(page, 'Revenir')
    expect(call.asked).toEqual([['comeBack']])
  })

  it('leads whoever came from the day back to it, first of all', async () => {
    window.name = 'draille-A1'
    const close = vi.spyOn(window, 'close').mockImplementation(() => undefined)
    const assign = vi.spyOn(location, 'assign').mockImplementation(() => undefined)
    const call = new FakeCall()
    call.place.value = 'ended'
    call.ended.value = { reason: 'ended', canReturn: true, mine: true }
    const page = document.createElement('div')
    page.id = 'page'
    document.body.append(page)
    open(call)
    await eventually(() => expect(buttons(page, /journée/)).toHaveLength(1))
    expect(buttons(page, /Revenir/).map((one) => said(one))).toEqual([
      'Revenir à la journée',
      'Revenir',
    ])
    expect(button(page, 'Revenir à la journée').className).toContain('primary')
    expect(said(page)).not.toContain('Vous pouvez fermer cette page.')
    await press(page, 'Revenir à la journée')
    expect(assign, 'nothing is left to show in this tab').toHaveBeenCalledWith('/')
    expect(close).not.toHaveBeenCalled()

    Object.assign(window, { opener: { closed: false, location } })
    await press(page, 'Revenir à la journée')
    expect(close, 'the day is still there, in the tab before').toHaveBeenCalled()
    for (const place of ['lobby', 'connecting'] as const) {
      await after(() => (call.place.value = place))
      expect(buttons(page, 'Revenir à la journée'), place).toHaveLength(1)
    }
    Object.assign(window, { opener: null, name: '' })
  })

  it('offers the other tab to go on here', async () => {
    const call = new FakeCall()
    call.place.value = 'ended'
    call.ended.value = { reason: 'replaced', canReturn: true }
    expect(button(show(call), 'Continuer ici')).toBeTruthy()
  })
})

describe('an ending', () => {
  const ending = (role: 'host' | 'guest', ended: FakeCall['ended']['value']) => {
    const call = new FakeCall()
    call.me.value = { id: 'me', name: 'X', role }
    call.place.value = 'ended'
    call.ended.value = ended
    return { call, page: show(call) }
  }

  it('is told in the words of whoever has ended it, and of whoever was received', () => {
    const mine = ending('host', { reason: 'ended', canReturn: true, mine: true })
    expect(title(mine.page)).toBe('Vous avez terminé l’appel')
    const guest = ending('guest', { reason: 'ended', canReturn: true })
    expect(title(guest.page)).toBe('La consultation est terminée')
    expect(said(guest.page)).toContain('Vous pouvez fermer cette page.')
    expect(guest.page.querySelector('.button--primary'), 'nothing urges one back').toBeNull()
  })

  it('of whoever was never let in is that of no call', () => {
    const waited = ending('guest', { reason: 'left', place: 'waiting', canReturn: true })
    expect(title(waited.page)).toBe('Vous avez quitté la salle d’attente')
    expect(document.title).toBe('Vous avez quitté la salle d’attente – Draille')
    const idle = ending('guest', { reason: 'left', place: 'lobby', canReturn: true })
    expect(title(idle.page)).toBe('Voulez-vous entrer ?')
    const closed = ending('guest', { reason: 'ended', place: 'waiting', canReturn: true })
    expect(title(closed.page), 'nobody has received them').toBe('L’appel est terminé')
    const inCall = ending('guest', { reason: 'left', place: 'room', canReturn: true })
    expect(title(inCall.page)).toBe('Vous avez quitté l’appel')
  })

  it('of a meeting is no consultation’s', () => {
    const call = new FakeCall()
    call.kind.value = 'telestaff'
    call.me.value = { id: 'me', name: 'X', role: 'guest' }
    call.place.value = 'ended'
    call.ended.value = { reason: 'ended', place: 'room', canReturn: true }
    expect(title(show(call))).toBe('L’appel est terminé')
  })

  it('that is none yet says when the call opens, counts, and enters by itself', async () => {
    vi.useFakeTimers({ now: new Date('2026-12-01T13:28:00') })
    vi.stubGlobal('fetch', async () => Promise.reject(new TypeError('no network')))
    const from = new Date('2026-12-01T13:30:00').getTime()
    const { call, page } = ending('guest', { reason: 'not-yet', canReturn: true, from })
    await after(() => vi.dynamicImportSettled())
    expect(said(page)).toContain('L’appel ouvre mardi 1er décembre à 13:30.')
    expect(said(page)).toContain('vous entrerez dans 2 min environ')
    call.meeting.value = { zone: 'Pacific/Noumea' }
    await after(() => undefined)
    expect(said(page)).toMatch(/L’appel ouvre .* \(heure de Noumea\)\./)
    await after(() => vi.advanceTimersByTime(119_000))
    expect(call.asked).toEqual([])
    await after(() => vi.advanceTimersByTime(2_000))
    expect(call.asked).toEqual([['comeBack']])
    vi.unstubAllGlobals()
  })

  it.each([
    ['two hours slow', -120],
    ['two hours fast', 120],
  ])('that is none yet goes by the server’s clock where the device’s is %s', async (_, wrong) => {
    const from = new Date('2026-12-01T13:30:00').getTime()
    vi.useFakeTimers({ now: from + (wrong - 2) * 60_000 })
    const date = () => new Date(Date.now() - wrong * 60_000)
    const asked = vi.fn(async () =>
      Promise.resolve({ headers: new Headers({ date: date().toUTCString() }) }),
    )
    vi.stubGlobal('fetch', asked)
    const { call, page } = ending('guest', { reason: 'not-yet', canReturn: true, from })
    await after(() => vi.dynamicImportSettled())
    await after(() => undefined)
    expect(said(page)).toContain('vous entrerez dans 2 min environ')
    await after(() => vi.advanceTimersByTime(118_000))
    expect(call.asked).toEqual([])
    await after(() => vi.advanceTimersByTime(4_000))
    expect(call.asked).toEqual([['comeBack']])
    vi.unstubAllGlobals()
  })
})

it('whoever waits is told by a chime that the door opens', async () => {
  const call = new FakeCall()
  call.place.value = 'waiting'
  show(call)
  await after(() => (call.place.value = 'room'))
  expect(call.chimes).toBe(1)
})
