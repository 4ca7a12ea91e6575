// @vitest-environment happy-dom
import { render } from 'preact'
import { describe, expect, it, vi } from 'vitest'
import { words } from '../../i18n'
import { FakeCall, person } from '../testing/fake'
import { after, button, buttons, plain, press, said, show, texts, type } from '../testing/page'
import { sentenceOf } from './Banners'

function consultation(role: 'host' | 'guest' = 'host'): FakeCall {
  const call = new FakeCall().enterAs(role, 'Dr Hélène Vidal')
  call.people.value = [...call.people.value, person('p1', 'Mme Rey')]
  return call
}

function telestaff(count = 4): FakeCall {
  const call = new FakeCall().enterAs('host', 'Dr Vidal')
  call.kind.value = 'telestaff'
  call.people.value = [
    ...call.people.value,
    ...Array.from({ length: count }, (_, index) => person(`t${index}`, `Personne ${index}`)),
  ]
  return call
}

const tile = (page: ParentNode, participant: string, source = 'camera') =>
  page.querySelector(
    `[data-testid=tile][data-participant="${participant}"][data-source=${source}]`,
  ) as HTMLElement
const as = (page: ParentNode, participant: string, source?: string) =>
  tile(page, participant, source)?.dataset['as']
const pressed = (page: ParentNode, name: string) => button(page, name).getAttribute('aria-pressed')

describe('the bar', () => {
  it('has five labelled actions and the rest under « Plus »', () => {
    const page = show(consultation())
    expect(texts(page, '.bar button')).toEqual([
      'Micro',
      'Caméra',
      'Réseau',
      'Messages',
      'Plus',
      'Quitter',
    ])
  })

  it('switches microphone and camera', async () => {
    const call = consultation()
    const page = show(call)
    expect(pressed(page, 'Micro')).toBe('true')
    await press(page, 'Micro')
    expect(pressed(page, 'Micro coupé')).toBe('false')
    await press(page, 'Caméra')
    expect(pressed(page, 'Caméra éteinte')).toBe('false')
    expect(call.asked).toEqual([
      ['setMicrophone', false],
      ['setCamera', false],
    ])
  })

  it('opens the three modes and shows the one that holds', async () => {
    const call = consultation()
    const page = show(call)
    await press(page, 'Réseau')
    const radio = (mode: string) =>
      page.querySelector<HTMLInputElement>(`dialog input[value=${mode}]`)!
    expect(radio('automatic').checked).toBe(true)
    await after(() => radio('voice').click())
    expect(pressed(page, 'Caméra éteinte')).toBe('false')
    expect(buttons(page, 'Son seul')).toHaveLength(1)
    await after(() => radio('saver').click())
    call.usedBytes.value = 12_400_000
    await press(page, 'Appliquer')
    expect(buttons(page, 'Économie')).toHaveLength(1)
    expect(said(page.querySelector('header'))).toContain('12 Mo utilisés')
    expect(call.asked).toEqual([
      ['setMode', 'voice'],
      ['setMode', 'saver'],
    ])
  })

  it('stops the pictures one way only', async () => {
    const call = consultation()
    const page = show(call)
    await press(page, 'Réseau')
    const [receive, send] = page.querySelectorAll<HTMLInputElement>('dialog input[type=checkbox]')
    await after(() => receive!.click())
    await after(() => send!.click())
    expect(call.asked).toEqual([
      ['setReceiving', false],
      ['setCamera', false],
    ])
    expect(said(page)).toContain('Vous ne recevez plus les images des autres.')
    await press(page, 'Recevoir les images')
    expect(call.asked.at(-1)).toEqual(['setReceiving', true])
  })

  it('asks once before leaving', async () => {
    const call = consultation('guest')
    const page = show(call)
    await press(page, 'Quitter')
    expect(call.asked).toEqual([])
    expect(said(page.querySelector('dialog'))).toContain('Quitter l’appel ?')
    expect(buttons(page, 'Terminer pour tous')).toHaveLength(0)
    await press(page, 'Rester dans l’appel')
    expect(page.querySelector('dialog')).toBeNull()
    await press(page, 'Quitter')
    await press(page, 'Quitter l’appel')
    expect(call.asked).toEqual([['leave']])
  })

  it('gives the focus back to what opened a dialog', async () => {
    const page = show(consultation())
    button(page, 'Plus').focus()
    await press(page, 'Plus')
    await press(page, 'Fermer')
    expect(document.activeElement).toBe(button(page, 'Plus'))
  })
})

describe('the pictures', () => {
  it('are swapped by a touch in a consultation', async () => {
    const call = consultation()
    const page = show(call)
    expect(as(page, 'p1')).toBe('main')
    expect(call.watched.get('p1/camera')?.priority).toBe(2)
    await press(page, 'Agrandir votre image')
    expect(as(page, 'me')).toBe('main')
    expect(call.watched.get('p1/camera')?.priority).toBe(0)
    await press(page, 'Agrandir l’image de Mme Rey')
    expect(as(page, 'p1')).toBe('main')
  })

  it('keep their element when they grow', async () => {
    const call = telestaff()
    const page = show(call)
    const before = tile(page, 't2').querySelector('video')
    await after(() => (call.speakers.value = ['t2']))
    expect(as(page, 't2')).toBe('main')
    expect(as(page, 't0')).toBe('thumb')
    expect(tile(page, 't2').querySelector('video')).toBe(before)
  })

  it('let go of the ones that went away', async () => {
    const call = telestaff()
    show(call)
    expect([...call.watched.keys()].sort()).toEqual([
      't0/camera',
      't1/camera',
      't2/camera',
      't3/camera',
    ])
    await after(() => (call.people.value = call.people.value.filter((one) => one.id !== 't1')))
    expect([...call.watched.keys()].sort()).toEqual(['t0/camera', 't2/camera', 't3/camera'])
  })

  it('show the document first, and no more than nine of others', async () => {
    const call = telestaff(14)
    const page = show(call, 1424, 760)
    await after(
      () =>
        (call.people.value = call.people.value.map((one) =>
          one.id === 't3' ? { ...one, screen: true } : one,
        )),
    )
    expect(as(page, 't3', 'screen')).toBe('main')
    expect(call.watched.get('t3/screen')?.priority).toBe(3)
    expect(call.watched.size).toBeLessThanOrEqual(9)
    await press(page, 'Voir les images suivantes')
    expect(call.watched.size).toBeLessThanOrEqual(9)
    expect(call.watched.has('t3/screen')).toBe(true)
  })

  it('are enlarged by a touch, and follow the speaker again by another', async () => {
    const call = telestaff()
    const page = show(call)
    await press(page, 'Agrandir l’image de Personne 3')
    await after(() => (call.speakers.value = ['t1']))
    expect(as(page, 't3')).toBe('main')
    await press(page, 'Suivre la personne qui parle')
    expect(as(page, 't1')).toBe('main')
  })

  it('are neither watched nor missed in « son seul »', async () => {
    const call = consultation()
    const page = show(call)
    await after(() => (call.mode.value = 'voice'))
    expect(call.watched.size).toBe(0)
    expect(said(page)).toContain('Son seul : les images sont coupées.')
    await press(page, 'Remettre les images')
    expect(call.watched.size).toBe(1)
  })

  it.each([
    ['downlink', 'Connexion faible : l’image est coupée, le son continue.'],
    ['uplink', 'Connexion faible chez Mme Rey : l’image est coupée, le son continue.'],
    ['publisher', 'Aucune image n’arrive pour le moment.'],
    ['slots', 'Trop d’images à la fois : celle-ci attend.'],
  ] as const)(
    'say why they are paused (%s), and that the last frame is frozen',
    async (reason, sentence) => {
      const call = consultation()
      const page = show(call)
      expect(said(tile(page, 'p1'))).not.toContain('Image figée')
      await after(() => (call.picture('p1').value = { state: 'paused', reason }))
      expect(texts(tile(page, 'p1'), '.tile-frozen[role=status]')).toEqual([
        `Image figée. ${sentence}`,
      ])
      await after(() => (call.picture('p1').value = { state: 'live', width: 320, height: 180 }))
      expect(texts(tile(page, 'p1'), '.tile-why, .tile-frozen')).toEqual([])
      expect(said(tile(page, 'p1'))).not.toContain('Image figée')
    },
  )

  it('are called frozen when they do not move, though nobody says why', async () => {
    const call = consultation()
    const page = show(call)
    await after(
      () => (call.quality('p1').value = { level: 'weak', frozen: true, assessable: false }),
    )
    expect(texts(tile(page, 'p1'), '.tile-frozen')).toEqual(['Image figée'])
    expect(texts(tile(page, 'p1'), '.tile-insufficient')).toEqual([])
    await after(() => (call.quality('p1').value = { level: 'good', assessable: true }))
    expect(texts(tile(page, 'p1'), '.tile-frozen')).toEqual([])
  })

  it.each([
    ['uplink', 'La connexion de Mme Rey est faible.'],
    ['downlink', 'Votre connexion est faible.'],
  ] as const)(
    'say whose link makes them less (%s), while they move and while they are still',
    async (reason, sentence) => {
      vi.useFakeTimers()
      const call = consultation()
      const page = show(call)
      await after(
        () => (call.quality('p1').value = { level: 'fair', short: reason, assessable: true }),
      )
      expect(texts(tile(page, 'p1'), '.tile-why')).toEqual([sentence])
      const at = performance.now() - 4_000
      await after(() => (call.picture('p1').value = { state: 'still', reason, at }))
      expect(texts(tile(page, 'p1'), '.tile-frozen')).toEqual(['Image fixe, il y a 4 s'])
      expect(texts(tile(page, 'p1'), '.tile-why')).toEqual([sentence])
      await after(() => vi.advanceTimersByTime(2_000))
      expect(texts(tile(page, 'p1'), '.tile-frozen')).toEqual(['Image fixe, il y a 6 s'])
      expect(
        tile(page, 'p1').querySelector('[role=status] .tile-frozen'),
        'an age is not read out every second',
      ).toBeNull()
    },
  )

  it.each([
    ['host', true],
    ['clinician', true],
    ['guest', false],
  ] as const)('tell a %s when movements cannot be observed: %s', async (role, told) => {
    const call = new FakeCall().enterAs(role, 'Dr Vidal')
    call.people.value = [...call.people.value, person('p1', 'Mme Rey')]
    const page = show(call)
    const marks = () => texts(tile(page, 'p1'), '.tile-insufficient')
    expect(marks()).toEqual([])
    await after(() => (call.quality('p1').value = { level: 'fair', assessable: false }))
    expect(marks()).toEqual(
      told
        ? [
            'Image insuffisante pour observer les mouvements. ' +
              'La caméra ou l’appareil de Mme Rey ne donne pas mieux.',
          ]
        : [],
    )
    await after(() => (call.picture('p1').value = { state: 'paused', reason: 'uplink' }))
    expect(marks(), 'a frozen picture says more than that').toEqual([])
    await after(() => {
      call.picture('p1').value = { state: 'live', width: 320, height: 180 }
      call.people.value = call.people.value.map((one) =>
        one.me ? one : { ...one, role: 'clinician' },
      )
    })
    expect(marks(), 'colleagues are not assessed').toEqual([])
    await after(() => (call.quality('p1').value = { level: 'good', assessable: true }))
    expect(marks()).toEqual([])
  })

  it('tell the line, this device and the other’s camera apart, once each', async () => {
    const call = consultation()
    call.qualityLevels.value = { p1: 'weak' }
    const page = show(call)
    const labels = () =>
      texts(tile(page, 'p1'), '.tile-state > :not(.unseen), .quality > :not(.unseen)').filter(
        (text) => text !== '',
      )
    expect(labels()).toEqual(['qualité faible'])
    const insufficient = 'Image insuffisante pour observer les mouvements. '
    const poor = { level: 'weak', assessable: false } as const
    await after(() => (call.quality('p1').value = { ...poor, short: 'uplink' }))
    expect(labels()).toEqual([`${insufficient}La connexion de Mme Rey est faible.`])
    await after(() => (call.quality('p1').value = { ...poor, short: 'downlink' }))
    expect(labels()).toEqual([`${insufficient}Votre connexion est faible.`])
    await after(() => (call.quality('p1').value = poor))
    expect(labels()).toEqual([
      `${insufficient}La caméra ou l’appareil de Mme Rey ne donne pas mieux.`,
    ])
    await after(() => (call.delivery.value = 'small-device'))
    expect(labels()).toEqual([
      `${insufficient}Cet appareil est trop occupé pour une meilleure image.`,
    ])
    await after(() => (call.mode.value = 'saver'))
    expect(labels(), 'what was chosen is nobody’s fault').toEqual([
      `${insufficient}Économie de données`,
    ])
  })

  it('say in a word how good each is', async () => {
    const call = telestaff(2)
    call.qualityLevels.value = { t0: 'good', t1: 'weak', me: 'fair' }
    const page = show(call)
    const words = () => ['t0', 't1'].map((id) => said(tile(page, id).querySelector('.quality')))
    expect(words()).toEqual(['qualité bonne', 'qualité faible'])
    await press(page, /^Participants/)
    expect(texts(page, 'aside .quality')).toEqual([
      'qualité moyenne',
      'qualité bonne',
      'qualité faible',
    ])
    await after(() => (call.qualityLevels.value = { t0: 'fair' }))
    expect(words()).toEqual(['qualité moyenne', ''])
  })

  it('tell oneself what the others get, in a sentence where there is room', async () => {
    const call = consultation()
    const page = show(call)
    const own = () => texts(tile(page, 'me'), '.tile-why')
    expect(own()).toEqual([])
    await after(() => (call.delivery.value = 'small-own'))
    expect(own()).toEqual(['Les autres vous voient en petite image : votre connexion est faible.'])
    await after(() => (call.delivery.value = 'none-theirs'))
    expect(texts(tile(page, 'me'), '[role=status]')).toEqual([
      'Les autres ne voient plus votre image, ils vous entendent.',
    ])
    await after(() => (call.mode.value = 'voice'))
    expect(own()).toEqual(['Son seul'])
  })

  it('tell oneself in two words where there is none, and read the sentence out', async () => {
    const call = consultation()
    call.delivery.value = 'small-theirs'
    const page = show(call, 380, 600)
    expect(texts(tile(page, 'me'), '.tile-why')).toEqual(['Petite image'])
    expect(texts(tile(page, 'me'), '[role=status]')).toEqual([
      'Les autres vous voient en petite image : leur connexion est faible.',
    ])
  })

  it('say that somebody has chosen to be heard only', async () => {
    const call = telestaff(2)
    call.people.value = call.people.value.map((one) =>
      one.id === 't1' ? { ...one, camera: false, mode: 'voice' } : one,
    )
    call.picture('t1').value = { state: 'off' }
    const page = show(call)
    expect(said(tile(page, 't1').querySelector('.tile-state'))).toBe('Son seul')
    await press(page, /^Participants/)
    expect(said(page.querySelector('aside [data-participant=t1]'))).toContain('Son seul')
  })

  it('stand for oneself with the own initials while the camera is off', async () => {
    const page = show(consultation())
    expect(said(tile(page, 'me').querySelector('.initials'))).toBe('HV')
    expect(said(tile(page, 'me').querySelector('figcaption'))).toBe('Vous')
  })

  it('do not call frozen what was never seen', async () => {
    const call = consultation()
    call.picture('p1').value = { state: 'coming' }
    const page = show(call)
    expect(tile(page, 'p1').querySelector('.initials')?.textContent).toBe('R')
    expect(said(tile(page, 'p1'))).toContain('L’image arrive…')
    await after(
      () => (call.picture('p1').value = { state: 'paused', reason: 'downlink' }),
    )
    expect(said(tile(page, 'p1'))).not.toContain('Image figée')
  })

  it('say who speaks, who is muted, who is away and whose hand is up', async () => {
    const call = telestaff(3)
    call.people.value = call.people.value.map((one) =>
      one.id === 't0'
        ? { ...one, handRaised: 20 }
        : one.id === 't1'
          ? { ...one, handRaised: 10, microphone: false }
          : one.id === 't2'
            ? { ...one, connected: false }
            : one,
    )
    call.speakers.value = ['t0']
    const page = show(call)
    const plate = (id: string) => texts(tile(page, id), 'figcaption')[0]
    expect(plate('t0')).toContain('parle')
    expect(plate('t0')).toContain('main levée, numéro 2')
    expect(plate('t1')).toContain('main levée, numéro 1')
    expect(plate('t1')).toContain('micro coupé')
    expect(plate('t2')).toContain('reconnexion en cours')
  })

  it('stand in a grid by choice', async () => {
    const call = telestaff(3)
    const page = show(call)
    await press(page, 'Plus')
    const grid = page.querySelectorAll<HTMLInputElement>('input[type=radio]')[1] as HTMLInputElement
    await after(() => grid.click())
    await press(page, 'Fermer')
    expect(['t0', 't1', 't2', 'me'].map((id) => as(page, id))).toEqual([
      'grid',
      'grid',
      'grid',
      'grid',
    ])
  })
})

it('a tile says what somebody is, and what their invitation calls them', () => {
  const call = consultation()
  call.people.value = call.people.value.map((one) =>
    one.me ? one : { ...one, role: 'guest', invitedAs: 'Luc Roux' },
  )
  const page = show(call)
  const captions = texts(page, 'figcaption')
  const told = captions.filter((caption) => caption.includes('sur invitation'))
  expect(told).toHaveLength(1)
  expect(told[0]).toContain('invitation au nom de Luc Roux')
})

it('a line of chat says to whom it goes', async () => {
  const page = show(telestaff(2))
  await press(page, 'Messages')
  expect(said(page)).toContain('Vos messages vont à : Personne 0, Personne 1.')
})

describe('the banners', () => {
  it('say at once that nobody of the staff is left, and what becomes of the call', async () => {
    const call = consultation('guest')
    const chime = vi.spyOn(call, 'chime')
    const page = show(call)
    expect(page.querySelector('.banner--alert')).toBeNull()
    const endsAt = performance.now() + 10 * 60_000
    await after(() => (call.people.value = call.people.value.filter(({ me }) => me)))
    expect(said(page)).toContain('Il n’y a que vous')
    await after(() => (call.unattended.value = { stopped: false, endsAt }))
    expect(said(page), 'once').not.toContain('Il n’y a que vous')
    expect(said(page.querySelector('.banner--alert [role=alert]'))).toBe(
      'L’équipe n’est plus dans l’appel.',
    )
    expect(said(page)).toContain('l’appel se termine dans 10 min')
    await after(() => (call.unattended.value = { stopped: true, endsAt }))
    expect(said(page)).toContain('personne ne vous voit ni ne vous entend')
    expect(chime, 'heard as well').toHaveBeenCalledTimes(2)
    await after(() => (call.unattended.value = undefined))
    expect(page.querySelector('.banner--alert')).toBeNull()
  })

  it('ask before two patients meet, and name them', async () => {
    const call = consultation()
    const page = show(call)
    await after(() => (call.waiting.value = [person('w1', 'M. Roux')]))
    await press(page, 'Faire entrer')
    expect(call.asked).toEqual([])
    expect(said(page.querySelector('dialog h2'))).toBe('Faire entrer M. Roux avec Mme Rey ?')
    await press(page.querySelector('dialog')!, 'Faire entrer')
    expect(call.asked).toEqual([['admit', 'w1', ['p1']]])
    expect(page.querySelector('dialog')).toBeNull()
    await press(page, 'Faire entrer')
    await press(page, 'D’abord raccompagner Mme Rey')
    await press(page.querySelector('dialog')!, 'Retirer')
    expect(call.asked.at(-1)).toEqual(['remove', 'p1'])
    await after(() => (call.waiting.value = [person('w2', 'Paul Rey', { sameLink: ['p1'] })]))
    await press(page, 'Faire entrer')
    expect(call.asked.at(-1), 'they came together').toEqual(['admit', 'w2'])
  })

  it('let in whoever waits with one touch', async () => {
    const call = consultation()
    call.people.value = call.people.value.filter((one) => one.me)
    const page = show(call)
    await after(() => (call.waiting.value = [person('w1', 'Mme Roux'), person('w2', 'M. Roux')]))
    expect(texts(page, '.banner--waits .banner-words')).toEqual([
      'Mme Roux et une autre personne attendent',
    ])
    await press(page, 'Faire entrer')
    expect(call.asked).toEqual([['admit', 'w1']])
  })

  it('count minutes by what has gone by, whatever becomes of the clock', async () => {
    vi.useFakeTimers({ now: Date.now() })
    const call = consultation()
    const page = show(call)
    await after(
      () => (call.waiting.value = [person('w1', 'Mme Roux', { since: performance.now() })]),
    )
    vi.setSystemTime(Date.now() + 3_600_000)
    await after(() => vi.advanceTimersByTime(121_000))
    expect(texts(page, '.banner--waits .banner-words')).toEqual(['Mme Roux attend depuis 2 min'])
    vi.useRealTimers()
  })

  it('say of somebody who waits that their connection is cut', async () => {
    const call = consultation()
    const page = show(call)
    const away = { connected: false, since: performance.now() - 240_000 }
    await after(() => (call.waiting.value = [person('w1', 'Mme Roux', away)]))
    expect(texts(page, '.banner--waits .banner-words')).toEqual([
      'Mme Roux attend reconnexion en cours',
    ])
  })

  it('show no waiting room to a guest', async () => {
    const call = consultation('guest')
    const page = show(call)
    await after(() => (call.waiting.value = [person('w1', 'Mme Roux')]))
    expect(buttons(page, 'Faire entrer')).toHaveLength(0)
  })

  it('are small while the voices go on, and an alert when they do not', async () => {
    const call = consultation()
    const page = show(call)
    const alert = () => texts(page, '.banners [role=alert]')[0]
    const retryAt = performance.now() + 4_000
    await after(() => (call.link.value = { state: 'lost', attempt: 1, retryAt }))
    expect(alert()).toBe('')
    expect(said(page)).toContain('La liaison avec le serveur est coupée. L’appel continue.')
    await after(() => (call.transport.value = 'interrupted'))
    expect(alert()).toBe('La connexion est coupée. Restez sur cette page.')
    await after(() => (call.link.value = { state: 'open' }))
    expect(alert()).toBe('Le son et l’image sont interrompus. Nous les rétablissons.')
    await after(() => (call.transport.value = 'connected'))
    expect(alert()).toBe('')
  })

  it('tell who has set one’s call, and lead back', async () => {
    const call = consultation('guest')
    const page = show(call)
    const status = () => texts(page, '.banner-words[role=status]')
    expect(status()).toEqual([''])
    await after(() => {
      call.mode.value = 'voice'
      call.modeBy.value = 'Dr Martin'
    })
    expect(status()).toEqual([
      'Dr Martin a réglé votre appel sur « son seul » pour que votre voix passe mieux.',
    ])
    await press(page, 'Garder ce réglage')
    expect(status()).toEqual(['Son seul : les images sont coupées.'])
    await press(page, 'Remettre les images')
    expect(status()).toEqual([''])
    await after(() => {
      call.mode.value = 'saver'
      call.modeBy.value = 'Dr Martin'
    })
    expect(status()).toEqual([
      'Dr Martin a réglé votre appel sur « économie de données » pour que votre voix passe mieux.',
    ])
    await press(page, 'Revenir en automatique')
    expect(call.asked).toEqual([
      ['setMode', 'voice'],
      ['setMode', 'automatic'],
      ['setMode', 'automatic'],
    ])
  })

  it('let one turn the sound on', async () => {
    const call = consultation()
    const page = show(call)
    await after(() => (call.soundBlocked.value = true))
    await press(page, 'Touchez pour activer le son')
    expect(call.asked).toEqual([['unblockSound']])
  })

  it('say that the own camera failed, and that the sound goes on', async () => {
    const call = consultation()
    const page = show(call)
    await after(() => (call.camera.value = { ...call.camera.value, live: false, trouble: 'lost' }))
    expect(said(page)).toContain('La caméra est débranchée. Le son continue.')
    expect(pressed(page, 'Caméra éteinte')).toBe('false')
    await press(page, 'Réessayer')
    expect(call.asked).toEqual([['setCamera', true]])
  })

  it('do not say that the sound goes on where the microphone failed with the camera', async () => {
    const call = consultation()
    const page = show(call)
    await after(() => {
      for (const device of [call.camera, call.microphone])
        device.value = { ...device.value, live: false, trouble: 'lost' }
    })
    expect(said(page)).toContain('La caméra est débranchée.')
    expect(said(page)).not.toContain('Le son continue.')
  })

  it('say once that both devices are refused, and go on without them by one touch', async () => {
    const call = consultation()
    const page = show(call)
    await after(() => {
      for (const device of [call.camera, call.microphone])
        device.value = { ...device.value, live: false, trouble: 'refused-by-browser' }
    })
    const [sentence] = texts(page, '.banner--alert .banner-words')
    expect(sentence).toMatch(/^La caméra et le micro ne sont pas autorisés\./)
    expect(texts(page, '.banner--alert h2'), 'and how to allow them').toEqual(['Comment autoriser'])
    await press(page, 'Continuer sans caméra ni micro')
    expect(call.asked).toEqual([
      ['setMicrophone', false],
      ['setCamera', false],
    ])
  })

  it('stop the own sharing', async () => {
    const call = consultation()
    const page = show(call)
    await after(() => (call.screen.value = { live: true, possible: true }))
    await press(page, 'Arrêter mon partage')
    expect(call.asked).toEqual([['setScreen', false]])
  })
})

describe('the sentences about what just happened', () => {
  it('come and go', async () => {
    vi.useFakeTimers()
    const call = consultation()
    const page = show(call)
    await after(() => call.happen({ kind: 'joined', name: 'Luc' }))
    expect(texts(page, '.toasts')).toEqual(['Luc rejoint l’appel.'])
    await after(() => vi.advanceTimersByTime(7000))
    expect(texts(page, '.toasts')).toEqual([''])
  })

  it.each([
    [{ kind: 'left', name: 'Luc' }, 'Luc quitte l’appel.'],
    [{ kind: 'waiting', name: 'Luc' }, ''],
    [{ kind: 'hand', name: 'Luc' }, 'Luc lève la main.'],
    [{ kind: 'muted', source: 'microphone', by: 'Dr Vidal' }, 'Dr Vidal a coupé votre micro.'],
    [{ kind: 'muted', source: 'camera', by: 'Dr Vidal' }, 'Dr Vidal a coupé votre caméra.'],
    [{ kind: 'muted', source: 'screen', by: 'Dr Vidal' }, 'Dr Vidal a arrêté votre partage.'],
    [{ kind: 'screen-ended' }, 'Le partage de votre écran est terminé.'],
    [
      { kind: 'device', device: 'speaker', trouble: 'lost' },
      'Le haut-parleur choisi n’est plus là. Le son passe par un autre.',
    ],
    [{ kind: 'device', device: 'camera', trouble: 'lost' }, ''],
    [{ kind: 'error', code: 'forbidden' }, 'Vous n’avez pas le droit de faire cela.'],
    [{ kind: 'error', code: 'never seen' }, 'Un problème est survenu. Réessayez.'],
  ] as const)('%j: %s', (notice, sentence) => {
    expect(plain(sentenceOf(notice, words.value))).toBe(sentence)
  })
})

describe('the messages', () => {
  const line = (n: number, participant: string, text: string) => ({
    n,
    participant,
    name: 'Mme Rey',
    text,
    at: 1000,
  })

  it('are counted until they are read', async () => {
    const call = consultation()
    const page = show(call)
    await after(
      () =>
        (call.chat.value = [
          line(1, 'p1', 'Bonjour'),
          line(2, 'me', 'Oui'),
          line(3, 'p1', 'Docteur'),
        ]),
    )
    expect(button(page, /^Messages/).textContent).toContain('2 messages non lus')
    await press(page, /^Messages/)
    expect(texts(page, '.line-text')).toEqual(['Bonjour', 'Oui', 'Docteur'])
    expect(document.activeElement?.textContent).toBe('Messages')
    await press(page, 'Fermer')
    expect(button(page, 'Messages').textContent).toBe('Messages')
    await after(() => (call.chat.value = [...call.chat.value, line(4, 'p1', 'Merci')]))
    expect(button(page, /^Messages/).textContent).toContain('1 message non lu')
  })

  it('are sent by the button and by the key, and never empty', async () => {
    const call = consultation()
    const page = show(call)
    await press(page, 'Messages')
    const text = page.querySelector('textarea') as HTMLTextAreaElement
    await press(page, 'Envoyer')
    await type(text, ' Bonjour ')
    await press(page, 'Envoyer')
    await type(text, 'Encore')
    await after(() =>
      text.dispatchEvent(
        new KeyboardEvent('keydown', { key: 'Enter', shiftKey: true, bubbles: true }),
      ),
    )
    await after(() =>
      text.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true })),
    )
    expect(call.asked).toEqual([
      ['say', 'Bonjour'],
      ['say', 'Encore'],
    ])
    expect(text.value).toBe('')
  })

  it('say what their writer is, and what the invitation calls them', async () => {
    const call = consultation()
    call.chat.value = [{ ...line(1, 'p1', 'Bonjour'), role: 'guest', invitedAs: 'Luc Roux' }]
    const page = show(call)
    await press(page, /^Messages/)
    expect(said(page.querySelector('.line-head'))).toMatch(
      /^Mme Rey · sur invitation, invitation au nom de Luc Roux /,
    )
  })

  it('that were refused stand in the field again, before what was written since', async () => {
    const call = consultation()
    const page = show(call)
    await press(page, 'Messages')
    const text = page.querySelector('textarea') as HTMLTextAreaElement
    await type(text, 'Encore')
    await after(() => (call.unsent.value = 'Bonjour'))
    expect(text.value).toBe('Bonjour\nEncore')
    expect(call.unsent.value).toBe('')
    await press(page, 'Envoyer')
    expect(call.asked).toEqual([['say', 'Bonjour\nEncore']])
  })

  it('close with Escape', async () => {
    const page = show(consultation())
    await press(page, 'Messages')
    await after(() =>
      page
        .querySelector('aside')
        ?.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape', bubbles: true })),
    )
    expect(page.querySelector('aside')).toBeNull()
  })
})

describe('the participants', () => {
  it('show those who wait first, and the host’s actions', async () => {
    const call = telestaff(2)
    call.people.value = call.people.value.map((one) =>
      one.id === 't0' ? { ...one, screen: true, handRaised: 5 } : one,
    )
    call.waiting.value = [person('w1', 'Mme Roux', { removedOnce: true })]
    const page = show(call)
    await press(page, /^Participants/)
    expect(texts(page, 'aside h3')).toEqual([
      'En salle d’attente',
      'Mains levées',
      'Dans l’appel (3)',
      'Salle',
    ])
    expect(said(page)).toContain('Cette personne a déjà été retirée de l’appel')
    await press(page, 'Faire entrer Mme Roux')
    await press(page, 'Refuser Mme Roux')
    expect(call.asked.at(-1), 'a touch beside « Faire entrer » refuses nobody').toEqual([
      'admit',
      'w1',
    ])
    await press(page.querySelector('dialog')!, 'Refuser')
    await press(page, 'Baisser la main de Personne 0')
    await press(page, 'Couper le micro de Personne 0')
    await press(page, 'Couper la caméra de Personne 0')
    await press(page, 'Arrêter le partage de Personne 0')
    await press(page, 'Verrouiller la salle')
    expect(call.asked).toEqual([
      ['admit', 'w1'],
      ['refuse', 'w1'],
      ['lowerHand', 't0'],
      ['mute', 't0', 'microphone'],
      ['mute', 't0', 'camera'],
      ['mute', 't0', 'screen'],
      ['lock', true],
    ])
    await after(() => (call.locked.value = true))
    expect(said(page)).toContain('Salle verrouillée')
    await press(page, 'Ouvrir la salle')
    expect(call.asked.at(-1)).toEqual(['lock', false])
  })

  it('let a host set somebody’s call, as long as that person is there', async () => {
    const call = telestaff(2)
    const page = show(call)
    await press(page, /^Participants/)
    await press(page, 'Régler l’appel de Personne 1')
    expect(said(page.querySelector('dialog h2'))).toBe('Appel de Personne 1')
    await after(() => page.querySelector<HTMLInputElement>('dialog input[value=voice]')!.click())
    expect(call.asked).toEqual([['setModeOf', 't1', 'voice']])
    await after(() => (call.people.value = call.people.value.filter((one) => one.id !== 't1')))
    expect(page.querySelector('dialog')).toBeNull()
  })

  it('say who waits by which link, and let a host block it', async () => {
    const call = telestaff(2)
    call.waiting.value = [
      person('w1', 'Dr Roux', { invitedAs: 'Mme Rey', sameLink: ['t1'], refused: 2 }),
    ]
    const page = show(call)
    await press(page, /^Participants/)
    for (const words of [
      'sur invitation, invitation au nom de Mme Rey',
      'Même lien que Personne 1',
      'Demande déjà refusée 2 fois',
    ])
      expect(said(page)).toContain(words)
    await press(page, 'Bloquer le lien de Dr Roux')
    expect(call.asked).toEqual([])
    await press(page.querySelector('dialog')!, 'Bloquer le lien')
    expect(call.asked).toEqual([['block', 'w1']])
    call.me.value = { ...call.me.value!, role: 'clinician' }
    await after(() => (call.waiting.value = [...call.waiting.value]))
    expect(buttons(page, 'Bloquer le lien de Dr Roux'), 'a host only').toHaveLength(0)
  })

  it('ask once before removing and before ending', async () => {
    const call = telestaff(2)
    const page = show(call)
    await press(page, /^Participants/)
    await press(page, 'Retirer Personne 1')
    expect(call.asked).toEqual([])
    await press(page, 'Annuler')
    await press(page, 'Retirer Personne 1')
    await after(() => (page.querySelector('dialog .button--danger') as HTMLButtonElement).click())
    expect(call.asked).toEqual([['remove', 't1']])
    await press(page, 'Terminer pour tous')
    await after(() => (page.querySelector('dialog .button--danger') as HTMLButtonElement).click())
    expect(call.asked.at(-1)).toEqual(['end'])
  })

  it('write the note of the waiting room', async () => {
    const call = consultation()
    const page = show(call)
    await press(page, /^Participants/)
    await type(page.querySelector('textarea') as HTMLTextAreaElement, ' Un instant. ')
    await press(page, 'Afficher ce message')
    expect(call.asked).toEqual([['setNote', 'Un instant.']])
    await after(() => (call.note.value = 'Un instant.'))
    expect(said(page)).toContain('Ce message est affiché.')
    await press(page, 'Effacer')
    expect(call.asked.at(-1)).toEqual(['setNote', ''])
  })

  it('give a guest nothing to decide', async () => {
    const page = show(consultation('guest'))
    await press(page, /^Participants/)
    expect(
      buttons(page, /Couper le micro|Régler l’appel|Retirer|Terminer|Verrouiller|Afficher/),
    ).toHaveLength(0)
  })
})

describe('« Plus »', () => {
  it('holds hand, screen, camera, devices and people', async () => {
    const call = consultation()
    const page = show(call)
    for (const [name, asked] of [
      ['Lever la main', ['raiseHand', true]],
      ['Partager mon écran', ['setScreen', true]],
      ['Changer de caméra (avant, arrière)', ['flipCamera']],
    ] as const) {
      await press(page, 'Plus')
      await press(page, name)
      expect(call.asked.at(-1)).toEqual(asked)
      expect(page.querySelector('dialog')).toBeNull()
    }
    await press(page, 'Plus')
    await press(page, 'Voir les participants')
    expect(page.querySelector('aside h2')?.textContent).toBe('Participants')
  })

  it('offers no screen where the browser has none', async () => {
    const call = consultation()
    call.screen.value = { live: false, possible: false }
    const page = show(call)
    await press(page, 'Plus')
    expect(buttons(page, 'Partager mon écran')).toHaveLength(0)
  })

  it('leads to the devices', async () => {
    const call = consultation()
    const page = show(call)
    await press(page, 'Plus')
    await press(page, 'Choisir micro, caméra et son')
    const selects = [...page.querySelectorAll<HTMLSelectElement>('dialog select')]
    for (const select of selects) {
      await after(() => {
        select.value = '1'
        select.dispatchEvent(new Event('change', { bubbles: true }))
      })
    }
    await press(page, 'Écouter le son')
    expect(call.asked).toEqual([
      ['chooseMicrophone', '1'],
      ['chooseCamera', '1'],
      ['chooseSpeaker', '1'],
      ['playTone'],
    ])
    await after(() => (call.speaker.value = { ...call.speaker.value, selectable: false }))
    expect(said(page)).toContain('Le son sort par le haut-parleur choisi dans votre appareil.')
  })
})

describe('somebody who waits', () => {
  it('is told by a chime, again until somebody has looked', async () => {
    vi.useFakeTimers()
    const call = new FakeCall().enterAs('host', 'Dr Vidal')
    show(call)
    const since = performance.now()
    await after(() => (call.waiting.value = [person('w1', 'Mme Roux', { since })]))
    expect(call.chimes).toBe(1)
    await after(() => vi.advanceTimersByTime(21_000))
    expect(call.chimes).toBe(2)
    await after(() => document.dispatchEvent(new Event('pointerdown')))
    await after(() => vi.advanceTimersByTime(100_000))
    expect(call.chimes).toBe(2)
    expect(said(document.querySelector('.banner--waits'))).toContain('depuis 2 min')
  })

  it('is told without a sound where somebody has switched it off', async () => {
    localStorage.setItem('draille.chime', 'off')
    const call = new FakeCall().enterAs('host', 'Dr Vidal')
    show(call)
    await after(() => (call.waiting.value = [person('w1', 'Mme Roux')]))
    expect(call.chimes).toBe(0)
  })

  it('is told once where they were refused and ask again', async () => {
    vi.useFakeTimers()
    const call = new FakeCall().enterAs('clinician', 'Dr Vidal')
    const page = show(call)
    await after(() => (call.waiting.value = [person('w1', 'Mme Roux')]))
    await after(() => document.dispatchEvent(new Event('pointerdown')))
    await after(() => (call.waiting.value = []))
    expect(call.chimes).toBe(1)
    await after(() => (call.waiting.value = [person('w2', 'Mme Roux', { refused: 1 })]))
    expect(call.chimes, 'a no said by mistake is not lost').toBe(2)
    expect(said(page.querySelector('.banner--waits'))).toContain('(demande déjà refusée)')
    await after(() => vi.advanceTimersByTime(100_000))
    expect(call.chimes).toBe(2)
  })
})

describe('a line of chat', () => {
  const line = (n: number, participant = 'p1') => ({ n, participant, name: '', text: 'Oui', at: 0 })
  const write = (call: FakeCall, ...lines: ReturnType<typeof line>[]) =>
    after(() => (call.chat.value = [...call.chat.value, ...lines]))

  it('chimes while the messages are closed, once for all that come together', async () => {
    const call = consultation()
    call.chat.value = [line(1)]
    const page = show(call)
    expect(call.chimes, 'what was there before').toBe(0)
    await write(call, line(2, 'me'))
    expect(call.chimes, 'one’s own').toBe(0)
    await write(call, line(3), line(4))
    expect(call.chimes).toBe(1)
    await press(page, /^Messages/)
    await write(call, line(5))
    expect(call.chimes, 'read as it comes').toBe(1)
    await press(page, /^Messages/)
    expect(call.chimes, 'nothing new').toBe(1)
    await write(call, line(6))
    expect(call.chimes).toBe(2)
  })

  it('chimes for a guest, who has no switch, also where staff have switched it off', async () => {
    localStorage.setItem('draille.chime', 'off')
    for (const role of ['host', 'guest'] as const) {
      const call = consultation(role)
      const page = show(call)
      await write(call, line(1))
      expect(call.chimes).toBe(role === 'guest' ? 1 : 0)
      await after(() => render(null, page))
      page.remove()
    }
  })
})

describe('the chime’s switch', () => {
  it('says all that it silences, and silences no more', async () => {
    const call = consultation()
    const page = show(call)
    await press(page, 'Plus')
    await press(page, 'Couper la sonnerie des arrivées et des messages')
    await after(() => (call.waiting.value = [person('w1', 'Mme Roux')]))
    await after(
      () => (call.chat.value = [{ n: 1, participant: 'p1', name: '', text: 'Oui', at: 0 }]),
    )
    expect(call.chimes).toBe(0)
    await after(() => (call.people.value = call.people.value.filter(({ me }) => me)))
    await after(() => (call.unattended.value = { stopped: false, endsAt: 1e9 }))
    expect(call.chimes, 'nobody of the staff is left').toBe(1)
    await press(page, 'Plus')
    await press(page, 'Sonner aux arrivées et aux messages')
    await after(() => (call.waiting.value = [...call.waiting.value, person('w2', 'M. Luc')]))
    expect(call.chimes).toBe(2)
  })
})

describe('links in messages', () => {
  it('are opened when they are secure, and only then', async () => {
    const call = new FakeCall().enterAs('host', 'Dr Vidal')
    const text = 'Voir https://sante.example/fiche?n=1, pas http://mauvais.example ni javascript:x.'
    call.chat.value = [{ n: 1, participant: 'p', name: 'Luc', text, at: 0 }]
    const page = show(call)
    await press(page, /^Messages/)
    const links = [...page.querySelectorAll<HTMLAnchorElement>('.line-text a')]
    expect(links.map((link) => [link.getAttribute('href'), link.rel])).toEqual([
      ['https://sante.example/fiche?n=1', 'noopener noreferrer'],
    ])
    expect(said(page.querySelector('.line-text'))).toBe(text)
  })
})

describe('French', () => {
  it('elides « de » before a vowel, accented or not', () => {
    const { uplink } = words.peek().tile.short
    expect([uplink('Élise'), uplink('Anne'), uplink('Dr Vidal')].map(plain)).toEqual([
      'La connexion d’Élise est faible.',
      'La connexion d’Anne est faible.',
      'La connexion de Dr Vidal est faible.',
    ])
  })
})

describe('the list of loudspeakers', () => {
  it('names the system’s own while none is chosen', async () => {
    const call = new FakeCall().enterAs('host', 'Dr Vidal')
    call.speaker.value = {
      choices: [{ id: 's1', label: 'Casque' }],
      deviceId: '',
      selectable: true,
    }
    const page = show(call)
    await press(page, 'Plus')
    await press(page, 'Choisir micro, caméra et son')
    const select = [...page.querySelectorAll('select')].at(-1)!
    expect(said(select.selectedOptions[0]!)).toBe('Celui de votre appareil')
    expect(said(select)).toContain('Casque')
  })
})
