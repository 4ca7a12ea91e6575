// @vitest-environment happy-dom
import { render } from 'preact'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { fr } from '../../i18n/aside/fr'
import { comfort, setComfort } from '../parts/comfort'
import { FakeCall, person } from '../testing/fake'
import { after, button, buttons, press, said, show, texts, type } from '../testing/page'
import { outside } from './outside'

function consultation(role: 'host' | 'guest' = 'host'): FakeCall {
  const call = new FakeCall().enterAs(role, 'Dr Vidal')
  call.people.value = [...call.people.value, person('p1', 'Mme Rey')]
  return call
}

function three(): FakeCall {
  const call = consultation()
  call.people.value = [
    ...call.people.value,
    person('p2', 'Nadia Ferrand', { role: 'clinician' }),
  ]
  return call
}

const more = async (page: HTMLElement, action: string) => {
  await press(page, 'Plus')
  await press(page, action)
}
const people = (page: HTMLElement) => press(page, /^Participants/)
const tile = (page: ParentNode, id: string) =>
  page.querySelector<HTMLElement>(`[data-testid=tile][data-participant="${id}"]`)!
const key = (name: string, what = 'keydown', target: EventTarget = document.body) =>
  after(() => target.dispatchEvent(new KeyboardEvent(what, { key: name, bubbles: true })))

describe('the menu', () => {
  it('draws no two entries alike', async () => {
    const call = consultation()
    call.camera.value = { ...call.camera.value, facing: 'user' }
    const page = show(call)
    await press(page, 'Plus')
    const drawn = [...page.querySelectorAll('dialog .item path')].map((path) =>
      path.getAttribute('d'),
    )
    expect(drawn).toHaveLength(10)
    expect(new Set(drawn).size).toBe(10)
  })

  it.each(['host', 'guest'] as const)('offers a %s what is theirs, unasked never', async (role) => {
    const requestPermission = vi.fn(async () => 'granted')
    vi.stubGlobal('Notification', { permission: 'default', requestPermission })
    vi.stubGlobal('isSecureContext', true)
    await outside.load()
    const page = show(consultation(role))
    await press(page, 'Plus')
    expect(buttons(page, 'Activer les notifications')).toHaveLength(role === 'host' ? 1 : 0)
    if (role === 'host') await press(page, fr.actions.chimeOff)
    expect(requestPermission).not.toHaveBeenCalled()
    vi.unstubAllGlobals()
  })
})

it('who waits is told outside of the browser, by no name, to those who let them in', async () => {
  const shown: string[] = []
  class FakeNotification {
    static permission = 'granted'
    constructor(text: string) {
      shown.push(text)
    }
    close = () => {}
  }
  vi.stubGlobal('Notification', FakeNotification)
  vi.stubGlobal('isSecureContext', true)
  const hidden = vi.spyOn(document, 'hidden', 'get').mockReturnValue(true)
  await outside.load()
  for (const role of ['guest', 'host'] as const) {
    const call = consultation(role)
    const page = show(call)
    await after(() => (call.waiting.value = [person('w1', 'Mme Roux')]))
    await after(() => render(null, page))
    page.remove()
  }
  expect(shown).toEqual(['Une personne attend.'])
  hidden.mockRestore()
  vi.unstubAllGlobals()
})

describe('inviting during the call', () => {
  it('makes a link, as what the person will be, and gives every way to pass it on', async () => {
    const call = consultation()
    const page = show(call)
    await more(page, 'Inviter une personne')
    await type(page.querySelector<HTMLInputElement>('dialog .input')!, ' M. Roux ')
    await after(() => page.querySelectorAll<HTMLInputElement>('dialog [name=role]')[1]!.click())
    await press(page, 'Créer le lien')
    expect(call.asked.at(-1)).toEqual(['invite', 'clinician', 'M. Roux'])
    expect(button(page, 'Le lien arrive…').getAttribute('aria-disabled')).toBe('true')
    await after(
      () =>
        (call.invitation.value = {
          type: 'invitation',
          link: 'https://d.example/#abc',
          picture: 'data:image/png;base64,AA==',
          expires: Date.now() + 3_600_000,
        }),
    )
    expect(page.querySelector<HTMLInputElement>('dialog [readonly]')!.value).toBe(
      'https://d.example/#abc',
    )
    expect(page.querySelector('dialog img')!.getAttribute('src')).toBe('data:image/png;base64,AA==')
    await type(page.querySelector<HTMLInputElement>('dialog [type=tel]')!, '06 12 34 56 78')
    const links = [...page.querySelectorAll('dialog a')]
    const sms = links.find((a) => said(a) === 'Écrire un SMS avec cet appareil')!
    expect(sms.getAttribute('href')).toMatch(/^sms:0612345678\?&body=.*https%3A%2F%2Fd.example/)
    await press(page, 'Inviter encore une personne')
    expect(buttons(page, 'Créer le lien')).toHaveLength(1)
  })

  it('has the practice send an SMS where it may, and says what became of it', async () => {
    const answers: object[] = [{ sms: true }]
    const sent: unknown[] = []
    vi.stubGlobal('fetch', async (_: string, how: RequestInit) => {
      if (how.body) sent.push(JSON.parse(how.body as string))
      return Promise.resolve(new Response(JSON.stringify(answers.shift())))
    })
    const call = consultation()
    call.meeting.value = { room: `a-${'B'.repeat(26)}` }
    const page = show(call)
    await more(page, 'Inviter une personne')
    await after(() => {})
    const [name, phone] = page.querySelectorAll<HTMLInputElement>('dialog .input')
    await press(page, 'Envoyer le SMS')
    expect(said(page.querySelector('dialog [role=alert]')!)).toMatch(/^Écrivez le nom/)
    await type(name!, ' Mme Demo ')
    await type(phone!, '06 12 34 56 78')
    answers.push({ message: 'M1', state: 'failed', reason: 'refused' })
    await press(page, 'Envoyer le SMS')
    await after(() => {})
    expect(sent).toEqual([{ name: ' Mme Demo ', phone: '06 12 34 56 78', language: 'fr' }])
    expect(said(page.querySelector('dialog [role=status]')!)).toMatch(/^Le SMS n’est pas parti/)
    await press(page, 'Corriger le numéro')
    answers.push({ message: 'M2', state: 'sent', reason: '' })
    await press(page, 'Envoyer le SMS')
    await after(() => {})
    expect(said(page.querySelector('dialog [role=status]')!)).toMatch(/^Le SMS est parti/)
    expect(call.asked, 'no link was made').toEqual([])
    // Whoever enters as one of the team gets no SMS: a telephone is in anybody's hands.
    await press(page, 'Inviter encore une personne')
    await after(() => page.querySelectorAll<HTMLInputElement>('dialog [name=role]')[1]!.click())
    expect(page.querySelector('dialog [type=tel]')).toBeNull()
    vi.unstubAllGlobals()
  })

  it('is for those who may let people in', async () => {
    const page = show(consultation('guest'))
    await press(page, 'Plus')
    expect(buttons(page, 'Inviter une personne')).toEqual([])
  })
})

describe('text, announcements and keys', () => {
  it('are set in the call, hold at once and are remembered', async () => {
    const call = consultation()
    const page = show(call)
    await more(page, 'Régler le texte et les annonces')
    const radio = (name: string, n: number) =>
      page.querySelectorAll<HTMLInputElement>(`dialog [name=${name}]`)[n]!
    await after(() => radio('text', 3).click())
    expect(document.documentElement.style.fontSize).toBe('200%')
    expect(page.querySelector('.toasts')!.getAttribute('role')).toBe('status')
    await after(() => radio('announcements', 1).click())
    expect(page.querySelector('.toasts')!.getAttribute('role')).toBeNull()
    await after(() => call.happen({ kind: 'joined', name: 'Luc' }))
    await after(() => call.happen({ kind: 'muted', source: 'microphone', by: 'Dr Vidal' }))
    expect(texts(page, '.toast')).toHaveLength(2)
    expect(texts(page, '.toasts [role=alert]'), 'failures are essential').toEqual([
      'Dr Vidal a coupé votre micro.',
    ])
    expect(JSON.parse(localStorage.getItem('draille.comfort')!)).toMatchObject({
      text: 200,
      few: true,
    })
    await after(() => setComfort({ text: 100, few: false, keys: true }))
    expect(document.documentElement.style.fontSize).toBe('')
  })

  it('speaks while T is held, and no longer', async () => {
    const call = consultation()
    call.microphone.value = { ...call.microphone.value, wanted: false, live: false }
    show(call)
    await key('t')
    await key('t')
    expect(call.microphone.value.wanted).toBe(true)
    await key('t', 'keyup')
    expect(call.microphone.value.wanted).toBe(false)
    await key('t')
    await after(() => dispatchEvent(new Event('blur')))
    expect(call.microphone.value.wanted, 'the key was let go elsewhere').toBe(false)
  })

  it('switches by keys, but not while somebody writes, is asked, or wants none', async () => {
    const call = consultation()
    const page = show(call)
    await key('m')
    expect(call.asked).toEqual([['setMicrophone', false]])
    await key('c')
    const field = page.querySelector('textarea')!
    await key('m', 'keydown', field)
    await press(page, 'Plus')
    await key('m')
    await after(() => page.querySelector('dialog')!.dispatchEvent(new Event('close')))
    await after(() => setComfort({ keys: false }))
    await key('m')
    expect(call.asked.filter(([what]) => what === 'setMicrophone')).toHaveLength(1)
    await after(() => setComfort({ keys: true }))
    await key('l')
    expect(call.asked.at(-1)).toEqual(['raiseHand', true])
    expect(comfort.value.keys).toBe(true)
  })
})

describe('the large picture', () => {
  it('is enlarged, moved and filled by buttons and keys', async () => {
    const page = show(consultation())
    const video = tile(page, 'p1').querySelector('video')!
    await press(page, 'Régler cette image')
    expect(button(page, 'Réduire').getAttribute('aria-disabled')).toBe('true')
    await press(page, 'Agrandir')
    expect(video.style.width).toBe('125%')
    const tools = page.querySelector('.lens')!
    await key('+', 'keydown', tools)
    await key('ArrowLeft', 'keydown', tools)
    expect(video.style.left).toBe('-18.125%')
    await key('0', 'keydown', tools)
    expect(video.style.width).toBe('100%')
    await press(page, 'Remplir la place')
    expect(video.style.objectFit).toBe('cover')
    await press(page, 'Voir l’image entière')
    expect(video.style.objectFit).toBe('')
  })

  it('stays enlarged, with its tools, while it comes anew', async () => {
    const call = consultation()
    const page = show(call)
    const video = tile(page, 'p1').querySelector('video')!
    await press(page, 'Régler cette image')
    await press(page, 'Agrandir')
    const live = call.picture('p1').value
    await after(() => (call.picture('p1').value = { state: 'coming' })) // by another slot
    await after(() => (call.picture('p1').value = live))
    expect(video.style.width).toBe('125%')
    expect(page.querySelector('.lens-tools')).not.toBeNull()
  })

  it('keeps what a tap does, also below the fingers', async () => {
    const call = three()
    call.kind.value = 'telestaff'
    const page = show(call)
    await press(page, 'Agrandir l’image de Nadia Ferrand')
    expect(tile(page, 'p2').dataset['as']).toBe('main')
    const surface = tile(page, 'p2').querySelector<HTMLElement>('.lens-surface')!
    surface.setPointerCapture = () => {}
    const at = { pointerId: 1, clientX: 5, clientY: 5, bubbles: true }
    await after(() => surface.dispatchEvent(new PointerEvent('pointerdown', at)))
    await after(() => surface.dispatchEvent(new PointerEvent('pointerup', at)))
    expect(tile(page, 'p2').dataset['as']).not.toBe('main')
  })
})

describe('the picture in a window of its own', () => {
  /** A browser with such windows; what is in one. */
  function windows() {
    let apart: Element | null = null
    const outside = {
      pictureInPictureEnabled: () => true,
      pictureInPictureElement: () => apart,
      exitPictureInPicture: () => async () => void (apart = null),
    }
    for (const [name, get] of Object.entries(outside))
      Object.defineProperty(document, name, { get, configurable: true })
    HTMLVideoElement.prototype.requestPictureInPicture = async function () {
      apart = this
      return {} as PictureInPictureWindow
    }
    onTestFinished(() => {
      for (const name of Object.keys(outside)) Reflect.deleteProperty(document, name)
      Reflect.deleteProperty(HTMLVideoElement.prototype, 'requestPictureInPicture')
    })
  }

  async function apart(call: FakeCall) {
    windows()
    const page = show(call)
    await press(page, 'Régler cette image')
    await press(page, fr.lens.apart)
    const video = tile(page, 'p1').querySelector('video')!
    expect(document.pictureInPictureElement).toBe(video)
    return { page, video }
  }

  it('goes back with the button that has put it there', async () => {
    const { page } = await apart(consultation())
    await press(page, fr.lens.apart)
    expect(document.pictureInPictureElement).toBeNull()
  })

  it('is not made of what the page hides', async () => {
    const { page, video } = await apart(consultation())
    await press(page, fr.lens.apart)
    await after(() => (video.style.visibility = 'hidden'))
    await press(page, fr.lens.apart)
    expect(document.pictureInPictureElement).toBeNull()
  })

  it('goes back as soon as the page hides it, also from a small tile', async () => {
    const call = three()
    call.kind.value = 'telestaff'
    const { page, video } = await apart(call)
    await press(page, 'Agrandir l’image de Nadia Ferrand')
    await after(() => (video.style.left = '10%'))
    expect(document.pictureInPictureElement).toBe(video)
    await after(() => (video.style.visibility = 'hidden')) // the frame is somebody else's
    expect(document.pictureInPictureElement).toBeNull()
  })
})

describe('the participants', () => {
  it('are as loud as one sets them, where the browser lets a page do that', async () => {
    const call = consultation()
    const page = show(call)
    await people(page)
    const slider = page.querySelector<HTMLInputElement>('[aria-label="Volume de Mme Rey"]')!
    slider.value = '0.5'
    await after(() => slider.dispatchEvent(new Event('input', { bubbles: true })))
    expect(call.volumes.value).toEqual({ p1: 0.5 })
    await after(() => (call.volumes.value = undefined))
    expect(page.querySelector('.volume')).toBeNull()
  })

  it('are let in all at once, in a consultation after a question with names', async () => {
    const call = consultation()
    call.waiting.value = [person('w1', 'Luc Rey'), person('w2', 'Ana Rey')]
    const page = show(call)
    await people(page)
    await press(page, 'Faire entrer tout le monde')
    expect(call.asked).toEqual([])
    expect(said(page.querySelector('dialog'))).toContain('Mme Rey, Luc Rey, Ana Rey')
    await after(() => button(page.querySelector('dialog')!, 'Faire entrer').click())
    expect(call.asked).toEqual([
      ['admit', 'w1', ['p1', 'w1', 'w2']],
      ['admit', 'w2', ['p1', 'w1', 'w2']],
    ])
  })

  it('stand in the spotlight for all; a clinician is handed the call', async () => {
    const call = three()
    call.kind.value = 'telestaff'
    const page = show(call)
    await people(page)
    await press(page, 'Montrer Nadia Ferrand en grand à tout le monde')
    expect(call.asked.at(-1)).toEqual(['showToAll', 'p2'])
    await after(() => (call.spotlight.value = 'p2'))
    expect(tile(page, 'p2').dataset['as']).toBe('main')
    expect(said(tile(page, 'p2'))).toContain('montrée à tout le monde')
    await press(page, 'Ne plus montrer à tout le monde')
    expect(call.asked.at(-1)).toEqual(['showToAll', ''])
    await press(page, 'Confier l’organisation')
    expect(call.asked.at(-1)![0]).toBe('showToAll')
    await after(() => button(page.querySelector('dialog')!, 'Confier l’organisation').click())
    expect(call.asked.at(-1)).toEqual(['handOver', 'p2'])
  })

  it('have an interpreter whose signs come first, in a place of their own', async () => {
    const call = three()
    const page = show(call)
    await people(page)
    await press(page, 'Suivre Nadia Ferrand comme interprète')
    expect(call.watched.get('p2/camera')!.priority).toBe(4)
    expect(tile(page, 'p1').dataset['as']).toBe('main')
    expect(Number.parseInt(tile(page, 'p2').style.width)).toBeGreaterThan(300)
    await press(page, 'Ne plus suivre comme interprète')
    expect(call.watched.get('p2/camera')!.priority).toBeLessThan(4)
  })
})

describe('what is being written', () => {
  it('is read while it is written, above the pictures until the messages are open', async () => {
    const call = consultation()
    const page = show(call)
    await after(() => (call.drafts.value = { p1: 'Je vous ent' }))
    expect(said(page.querySelector('header [data-draft]'))).toContain('Mme Rey écrit : Je vous ent')
    await after(() => button(page.querySelector('[data-draft]')!, 'Messages').click())
    expect(page.querySelector('header [data-draft]')).toBeNull()
    const draft = page.querySelector('.panel [data-draft]')!
    expect(said(draft)).toBe('Mme Rey écrit…Je vous ent')
    expect(draft.closest('[role=log]'), 'not announced letter by letter').toBeNull()
    expect(draft.querySelector('.line-text')!.getAttribute('aria-live')).toBe('off')
  })

  it('is told to the others only where one lets them read', async () => {
    const call = consultation()
    const page = show(call)
    await press(page, 'Messages')
    const field = page.querySelector('textarea')!
    await type(field, 'Bon')
    expect(call.asked).toEqual([])
    const box = page.querySelector<HTMLInputElement>('.say input[type=checkbox]')!
    await after(() => box.click())
    expect(call.asked.at(-1)).toEqual(['type', 'Bon'])
    await type(field, 'Bonj')
    expect(call.asked.at(-1)).toEqual(['type', 'Bonj'])
    await press(page, 'Messages')
    expect(call.asked.at(-1), 'closed with a draft in it').toEqual(['type', ''])
  })
})

describe('one link on two devices', () => {
  it('is told on both; who came second may switch the microphone on', async () => {
    const call = consultation()
    call.microphone.value = { ...call.microphone.value, wanted: false, live: false }
    const page = show(call)
    await after(() => (call.sameLink.value = { participants: ['p1'], muted: true }))
    const banner = () => texts(page, '.banner').find((text) => /même lien/i.test(text))
    expect(banner()).toContain('déjà ouvert par Mme Rey')
    await after(() => button(page.querySelector('.banners')!, 'Allumer le micro').click())
    expect(call.asked).toEqual([['setMicrophone', true]])
    await after(() => (call.sameLink.value = { participants: ['p1'], muted: false }))
    expect(banner()).toContain('vient d’être ouvert par Mme Rey')
    await press(page, 'Fermer')
    expect(banner()).toBeUndefined()
  })
})

describe('the camera', () => {
  const stream = (blur: boolean[]) => {
    let on = false
    const track = {
      getCapabilities: () => ({ backgroundBlur: blur }),
      getSettings: () => ({ backgroundBlur: on }),
      applyConstraints: vi.fn(async (wish: { backgroundBlur: boolean }) => {
        on = wish.backgroundBlur
      }),
    }
    return { track, stream: Object.assign(new MediaStream(), { getVideoTracks: () => [track] }) }
  }

  it('is seen where it is chosen, and blurs the background where the system can', async () => {
    const call = consultation()
    const { track, stream: own } = stream([true, false])
    call.selfStream.value = own as unknown as MediaStream
    const page = show(call)
    await more(page, 'Choisir micro, caméra et son')
    expect(page.querySelector('dialog .mirror video')).not.toBeNull()
    const box = page.querySelector<HTMLInputElement>('dialog [type=checkbox]')!
    await after(() => box.click())
    expect(track.applyConstraints).toHaveBeenCalledWith({ backgroundBlur: true })
    expect(box.checked).toBe(true)
    await after(() => (call.selfStream.value = stream([false]).stream as unknown as MediaStream))
    expect(page.querySelector('dialog [type=checkbox]')).toBeNull()
  })
})

describe('before and after the call', () => {
  it('the hospital, its telephone, the doctor and the hour are read', async () => {
    document.head.innerHTML =
      '<meta name="house" content="CH Les Cèdres"><meta name="phone" content="04 66 49 00 00">'
    const call = new FakeCall()
    call.place.value = 'waiting'
    call.me.value = { id: 'me', name: 'Mme Rey', role: 'guest' }
    call.meeting.value = { with: 'Dr Vidal', at: new Date(2026, 0, 5, 14, 30).getTime() }
    const page = show(call)
    expect(said(page.querySelector('.meeting'))).toBe('Rendez-vous avec Dr Vidal à 14:30')
    const at = Date.UTC(2026, 0, 5, 13, 30)
    await after(() => (call.meeting.value = { with: 'Dr Vidal', at, zone: 'Pacific/Noumea' }))
    expect(said(page.querySelector('.meeting'))).toBe(
      'Rendez-vous avec Dr Vidal à 00:30 (heure de Noumea)',
    )
    expect(said(page.querySelector('footer'))).toContain('CH Les Cèdres')
    expect(page.querySelector('footer a')!.getAttribute('href')).toBe('tel:0466490000')
    expect(said(page.querySelector('footer'))).toContain('Accessibilité : non conforme')
    call.ended.value = { reason: 'expired', canReturn: false }
    await after(() => (call.place.value = 'ended'))
    expect(said(page.querySelector('footer'))).toContain('04 66 49 00 00')
    expect(said(page.querySelector('.meeting'))).toContain('Dr Vidal')
    document.head.innerHTML = ''
  })
})
