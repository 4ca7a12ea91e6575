// @vitest-environment happy-dom
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { forgetSession } from '../../engine/room/session'
import { FakeCall } from '../testing/fake'
import {
  after,
  button,
  buttons,
  press,
  reload,
  said,
  show,
  texts,
  title,
  type,
} from '../testing/page'
import { recallReady, rememberReady } from './remembered'

function guest(): FakeCall {
  const call = new FakeCall()
  call.place.value = 'lobby'
  call.me.value = { id: 'me', name: 'Mme Rey', role: 'guest' }
  return call
}

function permissions(state: PermissionState): void {
  vi.spyOn(navigator.permissions, 'query').mockResolvedValue({ state } as PermissionStatus)
}

beforeEach(() => permissions('prompt'))

const field = (page: ParentNode) => page.querySelector('input[type=text]') as HTMLInputElement

describe('the lobby, the first time', () => {
  it('leads from the name to the door, one thing a screen', async () => {
    const call = guest()
    const page = show(call)
    expect(title(page)).toBe('Comment vous appelez-vous ?')
    expect(field(page).value).toBe('Mme Rey')
    await press(page, 'Continuer')
    expect(title(page)).toBe('Autorisez la caméra et le micro')
    await press(page, 'Autoriser la caméra et le micro')
    expect(title(page)).toBe('Vous voyez-vous ?')
    await press(page, 'Oui, je me vois')
    expect(title(page)).toBe('Dites quelques mots')
    await press(page, 'Continuer')
    await press(page, 'Écouter le son')
    await press(page, 'Oui, j’ai entendu')
    expect(title(page)).toBe('Tout est prêt')
    await press(page, 'Entrer')
    expect(call.asked).toEqual([
      ['openDevices', { microphone: true, camera: true }],
      ['playTone'],
      ['enter', 'Mme Rey'],
    ])
    expect(recallReady()).toEqual({ video: true, sound: true, works: true })
    expect(button(page, 'Entrée en cours…').getAttribute('aria-disabled')).toBe('true')
  })

  it('puts the focus on the title of each step', async () => {
    const page = show(guest())
    await press(page, 'Continuer')
    expect(document.activeElement).toBe(page.querySelector('h1'))
  })

  it('wants a name', async () => {
    const call = guest()
    const page = show(call)
    await type(field(page), '   ')
    await press(page, 'Continuer')
    expect(said(page)).toContain('Écrivez votre nom pour continuer.')
    expect(field(page).getAttribute('aria-invalid')).toBe('true')
  })

  it('takes back that a name is wanted once the server has said it', async () => {
    const call = guest()
    call.me.value = { id: 'me', name: '', role: 'guest' }
    const page = show(call)
    await press(page, 'Continuer')
    expect(said(page)).toContain('Écrivez votre nom pour continuer.')
    await after(() => (call.me.value = { id: 'me', name: 'Mme Rey', role: 'guest' }))
    expect(said(page)).not.toContain('Écrivez votre nom pour continuer.')
    expect(field(page).getAttribute('aria-invalid')).toBe('false')
  })

  it('goes on with the name that is still on its way', async () => {
    const call = guest()
    call.me.value = { id: '', name: '', role: 'guest' }
    const page = show(call)
    await press(page, 'Continuer')
    expect(said(page)).not.toContain('Écrivez votre nom pour continuer.')
    await after(() => (call.me.value = { id: 'me', name: 'Mme Rey', role: 'guest' }))
    expect(title(page)).toBe('Autorisez la caméra et le micro')
  })

  it('goes back', async () => {
    const page = show(guest())
    await press(page, 'Continuer')
    await press(page, 'Revenir')
    expect(title(page)).toBe('Comment vous appelez-vous ?')
  })

  it('asks nothing where everything is allowed already', async () => {
    permissions('granted')
    const call = guest()
    const page = show(call)
    await press(page, 'Continuer')
    await after(() => undefined)
    expect(title(page)).toBe('Vous voyez-vous ?')
    await press(page, 'Revenir')
    expect(title(page)).toBe('Comment vous appelez-vous ?')
  })

  it('is not moved by an answer that comes after going back', async () => {
    const call = guest()
    let answer = () => {}
    call.openDevices = () => new Promise((resolve) => (answer = resolve))
    const page = show(call)
    await press(page, 'Continuer')
    await press(page, 'Autoriser la caméra et le micro')
    expect(said(page)).toContain('Répondez à la question du navigateur.')
    await press(page, 'Revenir')
    await after(() => answer())
    expect(title(page)).toBe('Comment vous appelez-vous ?')
  })

  it('goes on without video', async () => {
    const call = guest()
    const page = show(call)
    await press(page, 'Continuer')
    await press(page, 'Continuer sans vidéo')
    expect(call.asked).toEqual([['openDevices', { microphone: true, camera: false }]])
    expect(title(page)).toBe('Dites quelques mots')
  })

  it('goes on without video also after having seen it', async () => {
    const call = guest()
    const page = show(call)
    await press(page, 'Continuer')
    await press(page, 'Autoriser la caméra et le micro')
    await press(page, 'Continuer sans vidéo')
    expect(call.camera.value.wanted).toBe(false)
    expect(title(page)).toBe('Dites quelques mots')
  })

  it('helps with a refused permission, and tries again', async () => {
    const call = guest()
    call.openDevicesFails = { camera: 'refused-by-browser', microphone: 'refused-by-browser' }
    const page = show(call)
    await press(page, 'Continuer')
    await press(page, 'Autoriser la caméra et le micro')
    expect(texts(page, '[role=alert] p')).toEqual([
      'La caméra et le micro ne sont pas autorisés.',
    ])
    expect(page.querySelectorAll('.help li')).toHaveLength(3)
    call.openDevicesFails = {}
    await press(page, 'Réessayer')
    expect(title(page)).toBe('Vous voyez-vous ?')
  })

  it('goes on without both with one touch, and is not met again after a mistake', async () => {
    const call = guest()
    call.openDevicesFails = { camera: 'refused-by-browser', microphone: 'missing' }
    const page = show(call)
    await press(page, 'Continuer')
    await press(page, 'Autoriser la caméra et le micro')
    expect(texts(page, '[role=alert] p')).toEqual([
      'Aucun micro n’est branché. La caméra n’est pas autorisée.',
    ])
    expect(buttons(page, /^Continuer/)).toHaveLength(1)
    await press(page, 'Continuer sans caméra ni micro')
    expect(title(page)).toBe('Sans micro')
    await press(page, 'Continuer')
    await press(page, 'Continuer')
    expect(said(page)).toContain('Vous pourrez écouter et écrire des messages.')
    expect(said(page), 'nobody hears them').not.toContain('Les autres vous entendront')
    await press(page, 'Entrer')
    await after(() => (call.place.value = 'ended'))
    call.asked.length = 0
    await after(() => (call.place.value = 'lobby'))
    expect(title(page)).toBe('Voulez-vous entrer ?')
    expect(said(page)).not.toContain('Votre matériel fonctionnait')
    expect(call.asked).toEqual([['openDevices', { microphone: false, camera: false }]])
    await press(page, 'Entrer')
    expect(call.asked.at(-1)).toEqual(['enter', 'Mme Rey'])
  })

  it('does not offer to switch off what is refused', async () => {
    rememberReady({ video: true })
    const call = guest()
    call.openDevicesFails = { camera: 'refused-by-browser' }
    const page = show(call)
    await after(() => undefined)
    expect(buttons(page, 'Éteindre la caméra')).toHaveLength(0)
    expect(buttons(page, 'Couper le micro')).toHaveLength(1)
    await press(page, 'Allumer la caméra')
    expect(call.asked.at(-1)).toEqual(['setCamera', true])
  })

  it.each([
    ['busy', 'La caméra est utilisée par un autre programme. Fermez-le, puis réessayez.'],
    ['missing', 'Aucune caméra n’est branchée.'],
    ['insecure', 'Cette page n’est pas sécurisée. Ouvrez le lien qui commence par https.'],
  ] as const)(
    'says that the camera is %s, and offers to go on without it',
    async (trouble, sentence) => {
      const call = guest()
      call.openDevicesFails = { camera: trouble }
      const page = show(call)
      await press(page, 'Continuer')
      await press(page, 'Autoriser la caméra et le micro')
      expect(said(page)).toContain(sentence)
      expect(page.querySelector('.help')).toBeNull()
      await press(page, 'Continuer sans vidéo')
      expect(title(page)).toBe('Dites quelques mots')
    },
  )

  it('lets somebody in who has no microphone', async () => {
    const call = guest()
    call.openDevicesFails = { microphone: 'missing' }
    const page = show(call)
    await press(page, 'Continuer')
    await press(page, 'Autoriser la caméra et le micro')
    await press(page, 'Continuer sans micro')
    expect(title(page)).toBe('Vous voyez-vous ?')
    await press(page, 'Oui, je me vois')
    expect(title(page)).toBe('Sans micro')
  })

  it('notices the voice, and notices silence', async () => {
    vi.useFakeTimers()
    const call = guest()
    const page = show(call)
    await press(page, 'Continuer')
    await press(page, 'Autoriser la caméra et le micro')
    await press(page, 'Oui, je me vois')
    await after(() => vi.advanceTimersByTime(9000))
    expect(said(page)).toContain('Nous n’entendons rien.')
    await after(() => {
      for (let moment = 0; moment < 20; moment++) call.audioLevel.value = 0.5 + (moment % 2) / 10
    })
    expect(said(page)).toContain('Très bien, votre micro fonctionne.')
    expect(page.querySelector('[role=meter]')?.getAttribute('aria-valuenow')).toBe('6')
  })

  it('says when no sound came, and helps', async () => {
    const call = guest()
    call.toneFails = true
    const page = show(call)
    await press(page, 'Continuer')
    await press(page, 'Continuer sans vidéo')
    await press(page, 'Continuer')
    await press(page, 'Écouter le son')
    expect(said(page)).toContain('Le son n’a pas pu être joué.')
    call.toneFails = false
    await press(page, 'Écouter encore')
    button(page, 'Non, je n’entends rien').focus()
    await press(page, 'Non, je n’entends rien')
    expect(document.activeElement).toBe(button(page, 'Écouter encore'))
    expect(said(page)).toContain('Montez le volume')
    const select = page.querySelector('select') as HTMLSelectElement
    await after(() => {
      select.value = '1'
      select.dispatchEvent(new Event('change', { bubbles: true }))
    })
    expect(call.asked.at(-1)).toEqual(['chooseSpeaker', '1'])
  })

  it('can be tried again when entering failed', async () => {
    rememberReady({ video: true })
    const call = guest()
    const page = show(call)
    await press(page, 'Entrer')
    await after(() => call.happen({ kind: 'error', code: 'server' }))
    expect(button(page, 'Entrer').getAttribute('aria-disabled')).toBe('false')
  })
})

describe('the lobby after a reload', () => {
  /** As far as « Entendez-vous ? », under another name than the link says. */
  async function atTheTone(): Promise<void> {
    const page = show(guest())
    await type(field(page), 'Jeanne')
    await press(page, 'Continuer')
    await press(page, 'Autoriser la caméra et le micro')
    await press(page, 'Oui, je me vois')
    await press(page, 'Continuer')
    expect(said(page)).toContain('Étape 4 sur 5')
  }

  it('goes on at the step where one was, with devices that are open again', async () => {
    await atTheTone()
    permissions('granted')
    const call = guest()
    const page = reload(call)
    await after(() => undefined)
    expect(call.asked).toEqual([['openDevices', { microphone: true, camera: true }]])
    expect(said(page)).toContain('Étape 4 sur 5')
    await press(page, 'Continuer')
    await press(page, 'Entrer')
    expect(call.asked.at(-1)).toEqual(['enter', 'Jeanne'])
  })

  it('opens nothing where the browser is going to ask, and goes on after the answer', async () => {
    await atTheTone()
    const call = guest()
    const page = reload(call)
    await after(() => undefined)
    expect(call.asked).toEqual([])
    expect(title(page)).toBe('Autorisez la caméra et le micro')
    await press(page, 'Autoriser la caméra et le micro')
    expect(said(page)).toContain('Étape 4 sur 5')
  })

  it('opens no camera where one has gone on without', async () => {
    const first = show(guest())
    await press(first, 'Continuer')
    await press(first, 'Continuer sans vidéo')
    permissions('granted')
    const call = guest()
    const page = reload(call)
    await after(() => undefined)
    expect(call.asked).toEqual([['openDevices', { microphone: true, camera: false }]])
    expect(title(page)).toBe('Dites quelques mots')
  })

  it('is where one was also after the line was lost', async () => {
    permissions('granted')
    const call = guest()
    const page = show(call)
    await press(page, 'Continuer')
    await after(() => undefined)
    await press(page, 'Oui, je me vois')
    await after(() => (call.place.value = 'connecting'))
    await after(() => (call.place.value = 'lobby'))
    expect(title(page)).toBe('Dites quelques mots')
  })

  it.each([
    ['another link', (call: FakeCall) => void (call.token = 'another')],
    ['the next at this tablet, when one is done', forgetSession],
  ])('begins anew for %s: nothing is left of whoever was before', async (_, comes) => {
    await atTheTone()
    const call = guest()
    comes(call)
    const page = reload(call)
    expect(title(page)).toBe('Comment vous appelez-vous ?')
    expect(field(page).value).toBe('Mme Rey')
    expect(JSON.stringify(localStorage)).not.toContain('Jeanne')
  })
})

describe('the lobby of somebody who comes back', () => {
  it('is one screen', async () => {
    rememberReady({ video: false })
    const call = guest()
    const page = show(call)
    expect(title(page)).toBe('Voulez-vous entrer ?')
    expect(call.asked).toEqual([['openDevices', { microphone: true, camera: false }]])
    await type(field(page), 'Jeanne')
    await press(page, 'Entrer')
    expect(call.asked.at(-1)).toEqual(['enter', 'Jeanne'])
  })

  it('lets one choose sound alone before the call, and does not open the camera then', async () => {
    rememberReady({ video: true })
    const call = guest()
    const page = show(call)
    await press(page, 'Régler pour une connexion faible')
    const voice = page.querySelector<HTMLInputElement>('dialog input[value=voice]')!
    await after(() => voice.click())
    const enter = new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, cancelable: true })
    await after(() => voice.dispatchEvent(enter))
    expect(enter.defaultPrevented, 'the form behind is not sent off').toBe(true)
    await press(page, 'Appliquer')
    expect(buttons(page, 'Son seul')).toHaveLength(1)
    expect(call.asked.at(-1)).toEqual(['setMode', 'voice'])
    await after(() => (call.place.value = 'connecting'))
    await after(() => (call.place.value = 'lobby'))
    expect(call.asked.at(-1)).toEqual(['openDevices', { microphone: true, camera: false }])
  })

  it('knows the name that was typed before leaving, and stores it nowhere', async () => {
    rememberReady({ video: true })
    const call = guest()
    const page = show(call)
    await type(field(page), 'Jeanne')
    await press(page, 'Entrer')
    await after(() => (call.place.value = 'ended'))
    await after(() => (call.place.value = 'lobby'))
    expect(field(page).value).toBe('Jeanne')
    expect(JSON.stringify(localStorage)).not.toContain('Jeanne')
  })

  it('says what does not work this time', async () => {
    rememberReady({ video: true })
    const call = guest()
    call.openDevicesFails = { camera: 'lost' }
    const page = show(call)
    await after(() => undefined)
    expect(said(page)).toContain('La caméra est débranchée.')
    expect(buttons(page, 'Réessayer')).toHaveLength(1)
    expect(button(page, 'Entrer').getAttribute('aria-disabled')).toBe('false')
  })

  it('leaves the focus to its title when the way to try again has helped', async () => {
    rememberReady({ video: true })
    const call = guest()
    call.openDevicesFails = { camera: 'lost' }
    const page = show(call)
    await after(() => vi.dynamicImportSettled())
    call.openDevicesFails = {}
    button(page, 'Réessayer').focus()
    await press(page, 'Réessayer')
    expect(buttons(page, 'Réessayer')).toHaveLength(0)
    expect(document.activeElement).toBe(page.querySelector('h1'))
  })

  it('enters once, however often the button is pressed', async () => {
    rememberReady({ video: true })
    const call = guest()
    const page = show(call)
    button(page, 'Entrer').focus()
    await press(page, 'Entrer')
    await press(page, 'Entrée en cours…')
    expect(call.asked.filter(([what]) => what === 'enter')).toHaveLength(1)
    expect(document.activeElement).toBe(button(page, 'Entrée en cours…'))
  })

  it('enters as soon as the server has said the name, for whoever is faster', async () => {
    rememberReady({ video: true })
    const call = guest()
    call.me.value = { id: '', name: '', role: 'guest' }
    const page = show(call)
    await press(page, 'Entrer')
    expect(button(page, 'Entrée en cours…').getAttribute('aria-disabled')).toBe('true')
    expect(call.asked.filter(([what]) => what === 'enter')).toEqual([])
    await after(() => (call.me.value = { id: 'me', name: 'Mme Rey', role: 'guest' }))
    expect(call.asked.filter(([what]) => what === 'enter')).toEqual([['enter', 'Mme Rey']])
  })

  it('asks whoever was faster for a name that the server does not know either', async () => {
    rememberReady({ video: true })
    const call = guest()
    call.me.value = { id: '', name: '', role: 'guest' }
    const page = show(call)
    await press(page, 'Entrer')
    await after(() => (call.me.value = { id: 'me', name: '', role: 'guest' }))
    expect(said(page)).toContain('Écrivez votre nom pour continuer.')
    expect(button(page, 'Entrer').getAttribute('aria-disabled')).toBe('false')
  })

  it('does not enter under half a name', async () => {
    rememberReady({ video: true })
    const call = guest()
    call.me.value = { id: '', name: '', role: 'guest' }
    const page = show(call)
    await press(page, 'Entrer')
    await type(field(page), 'Je')
    await after(() => (call.me.value = { id: 'me', name: 'Mme Rey', role: 'guest' }))
    expect(call.asked.filter(([what]) => what === 'enter')).toEqual([])
    expect(field(page).value).toBe('Je')
  })

  it('leads to the whole test on demand', async () => {
    rememberReady({ video: true })
    const call = guest()
    call.remember({ step: 'ready' }) // as in the call before
    const page = show(call)
    await press(page, 'Tester mon matériel')
    expect(title(page)).toBe('Comment vous appelez-vous ?')
    expect(recallReady()).toBeUndefined()
  })
})

describe('the lobby of staff', () => {
  function doctor(name = 'Dr Vidal'): FakeCall {
    const call = new FakeCall()
    call.place.value = 'lobby'
    call.me.value = { id: 'me', name, role: 'host' }
    return call
  }

  it('asks nobody for a name who is known', async () => {
    const call = doctor()
    const page = show(call)
    expect(title(page)).toBe('Autorisez la caméra et le micro')
    expect(said(page)).toContain('Étape 1 sur 4')
    await after(() => undefined)
    await press(page, 'Continuer sans vidéo')
    await press(page, 'Continuer')
    await press(page, 'Continuer')
    expect(said(page)).toContain('Étape 4 sur 4')
    expect(said(page)).toContain('Dr VidalLes autres participants verront ce nom.')
    expect(field(page)).toBeNull()
    await press(page, 'Entrer')
    expect(call.asked.at(-1)).toEqual(['enter', 'Dr Vidal'])
  })

  it('asks nobody for it who comes back, either', async () => {
    rememberReady({ video: true })
    const call = doctor()
    const page = show(call)
    expect(field(page)).toBeNull()
    await press(page, 'Entrer')
    expect(call.asked.at(-1)).toEqual(['enter', 'Dr Vidal'])
  })

  it('asks for the name that no invitation says, at the door', async () => {
    const call = doctor('')
    const page = show(call)
    await after(() => undefined)
    await press(page, 'Continuer sans vidéo')
    await press(page, 'Continuer')
    await press(page, 'Continuer')
    expect(button(page, 'Entrer').getAttribute('aria-disabled')).toBe('true')
    await type(field(page), 'Dr Vidal')
    await press(page, 'Entrer')
    expect(call.asked.at(-1)).toEqual(['enter', 'Dr Vidal'])
  })
})
