/** Pages in states worth looking at, by name: what the gallery shows. */
import type { Picture } from '../../engine/api'
import type { ByeReason } from '../../protocol/messages'
import { aside } from '../call/aside'
import { rememberReady } from '../lobby/remembered'
import { FakeCall, person } from './fake'

const psychiatrist = 'Dr Hélène Vidal'
const patient = 'Mme Jeanne Rey'
const team = [
  'Marc Tessier',
  'Awa Diallo',
  'Dr Paul Fabre',
  'Lucie Pagès',
  'Karim Benali',
  'Sœur Marie-Thérèse Chabrol-Lafont',
  'Inès Roux',
  'Jean-Luc Martin',
  'Sophie Astruc',
  'Yann Le Goff',
  'Nora Amrani',
  'Pierre Boyer',
  'Claire Velay',
  'Hugo Malaval',
]

function lobby(): FakeCall {
  const call = new FakeCall()
  call.place.value = 'lobby'
  call.me.value = { id: 'me', name: patient, role: 'guest' }
  call.microphone.value = { ...call.microphone.value, wanted: true }
  return call
}

function consultation(): FakeCall {
  const call = new FakeCall().enterAs('host', psychiatrist)
  call.people.value = [...call.people.value, person('p1', patient)]
  call.speakers.value = ['p1']
  return call
}

function patientSide(): FakeCall {
  const call = new FakeCall().enterAs('guest', patient)
  call.people.value = [...call.people.value, person('p1', psychiatrist, { role: 'host' })]
  return call
}

/** A picture that was seen, and then no longer moves. */
function freezing(call: FakeCall, picture: Picture): FakeCall {
  call.qualityLevels.value = { p1: 'weak', me: 'good' }
  setTimeout(() => (call.picture('p1').value = picture), 300)
  return call
}

function telestaff(count: number): FakeCall {
  const call = new FakeCall().enterAs('host', psychiatrist)
  call.kind.value = 'telestaff'
  const others = team.slice(0, count - 1).map((name, index) =>
    person(`t${index}`, name, {
      role: index % 3 ? 'clinician' : 'guest',
      microphone: index % 4 !== 2,
      camera: index % 5 !== 3,
      handRaised: index === 1 ? 20 : index === 4 ? 10 : 0,
      connected: index !== 5,
    }),
  )
  call.people.value = [...call.people.value, ...others]
  for (const { id, camera } of others) if (!camera) call.picture(id).value = { state: 'off' }
  call.speakers.value = ['t2']
  return call
}

function ended(reason: ByeReason | 'unsupported', canReturn: boolean): FakeCall {
  const call = new FakeCall()
  call.place.value = 'ended'
  call.ended.value = { reason, canReturn }
  return call
}

export const scenes: Record<string, () => FakeCall> = {
  connecting: () => {
    const call = new FakeCall()
    call.place.value = 'connecting'
    return call
  },
  'connecting-lost': () => {
    const call = new FakeCall()
    call.place.value = 'connecting'
    call.link.value = { state: 'lost', attempt: 3, retryAt: performance.now() + 8000 }
    return call
  },
  lobby,
  'lobby-refused': () => {
    const call = lobby()
    call.openDevicesFails = { camera: 'refused-by-browser', microphone: 'refused-by-browser' }
    return call
  },
  'lobby-busy': () => {
    const call = lobby()
    call.openDevicesFails = { camera: 'busy' }
    return call
  },
  'lobby-back': () => {
    rememberReady({ video: true })
    return lobby()
  },
  waiting: () => {
    const call = lobby()
    call.place.value = 'waiting'
    call.expectedBy.value = psychiatrist
    call.note.value = 'La consultation a dix minutes de retard. Merci de votre patience.'
    return call
  },
  'waiting-alone': () => {
    const call = lobby()
    call.place.value = 'waiting'
    return call
  },
  consultation,
  'consultation-guest': patientSide,
  'consultation-alone': () => new FakeCall().enterAs('host', psychiatrist),
  'consultation-waits': () => {
    const call = consultation()
    call.waiting.value = [person('w1', 'Mme Rey'), person('w2', 'Luc Rey', { removedOnce: true })]
    return call
  },
  'consultation-three': () => {
    const call = consultation()
    call.people.value = [
      ...call.people.value,
      person('p2', 'Nadia Ferrand, interprète', { microphone: false }),
    ]
    return call
  },
  // as low as a phone's large picture gets for what is said above it
  'consultation-tools': () => {
    const call = patientSide()
    call.people.value = call.people.value.map((one) =>
      one.me ? one : { ...one, name: 'M. Rey', role: 'guest', invitedAs: 'Famille Roux' },
    )
    call.sameLink.value = { participants: ['p1'], muted: false }
    void aside.load() // where the tools are
    return call
  },
  'consultation-weak': () => {
    const call = consultation()
    call.quality('p1').value = { level: 'fair', short: 'uplink', assessable: false }
    call.qualityLevels.value = { p1: 'fair', me: 'good' }
    return call
  },
  'consultation-frozen': () =>
    freezing(consultation(), { state: 'paused', reason: 'uplink' }),
  'consultation-still': () =>
    freezing(consultation(), { state: 'still', reason: 'uplink', at: performance.now() - 4_000 }),
  'patient-weak': () => {
    const call = patientSide()
    call.quality('p1').value = { level: 'fair', short: 'downlink', assessable: false }
    call.qualityLevels.value = { p1: 'fair', me: 'fair' }
    call.delivery.value = 'small-own'
    return call
  },
  'patient-frozen': () => {
    const call = freezing(patientSide(), { state: 'paused', reason: 'downlink' })
    call.delivery.value = 'none-own'
    return call
  },
  'patient-saver': () => {
    const call = patientSide()
    call.mode.value = 'saver'
    call.usedBytes.value = 12_300_000
    call.qualityLevels.value = { p1: 'good', me: 'good' }
    return call
  },
  'patient-set-by-host': () => {
    const call = patientSide()
    call.mode.value = 'voice'
    call.modeBy.value = psychiatrist
    call.camera.value = { ...call.camera.value, wanted: false, live: false }
    call.people.value = call.people.value.map((one) =>
      one.me ? { ...one, camera: false, mode: 'voice' } : one,
    )
    return call
  },
  'consultation-voice': () => {
    const call = consultation()
    call.people.value = call.people.value.map((one) =>
      one.me ? one : { ...one, camera: false, mode: 'voice' },
    )
    call.picture('p1').value = { state: 'off' }
    call.qualityLevels.value = { p1: 'fair', me: 'good' }
    return call
  },
  'telestaff-weak': () => {
    const call = telestaff(8)
    call.qualityLevels.value = {
      t0: 'good',
      t1: 'weak',
      t2: 'fair',
      t4: 'good',
      t5: 'good',
      t6: 'fair',
    }
    call.quality('t2').value = { level: 'fair', short: 'uplink', assessable: false }
    call.picture('t1').value = { state: 'paused', reason: 'uplink' }
    call.picture('t6').value = { state: 'still', reason: 'uplink', at: performance.now() - 7_000 }
    call.people.value = call.people.value.map((one) =>
      one.id === 't3' ? { ...one, mode: 'voice' } : one,
    )
    return call
  },
  'consultation-coming': () => {
    const call = consultation()
    call.picture('p1').value = { state: 'coming' }
    return call
  },
  'consultation-lost': () => {
    const call = consultation()
    call.link.value = { state: 'lost', attempt: 2, retryAt: performance.now() + 6000 }
    call.transport.value = 'interrupted'
    return call
  },
  'consultation-quiet': () => {
    const call = consultation()
    call.link.value = { state: 'lost', attempt: 2, retryAt: performance.now() + 6000 }
    return call
  },
  'consultation-audio': () => {
    const call = consultation()
    call.mode.value = 'voice'
    call.qualityLevels.value = { p1: 'good', me: 'good' }
    call.soundBlocked.value = true
    call.microphone.value = { ...call.microphone.value, wanted: false, live: false }
    call.camera.value = { ...call.camera.value, trouble: 'lost', live: false }
    return call
  },
  'consultation-document': () => {
    const call = consultation()
    call.people.value = call.people.value.map((one) => (one.me ? one : { ...one, screen: true }))
    return call
  },
  telestaff5: () => telestaff(5),
  telestaff12: () => telestaff(12),
  telestaff15: () => telestaff(15),
  'telestaff15-document': () => {
    const call = telestaff(15)
    call.people.value = call.people.value.map((one) =>
      one.id === 't2' ? { ...one, screen: true } : one,
    )
    return call
  },
  chat: () => {
    const call = consultation()
    call.chat.value = [
      { n: 1, participant: 'p1', name: patient, text: 'Bonjour Docteur.', at: 1_700_000_000_000 },
      {
        n: 2,
        participant: 'me',
        name: psychiatrist,
        text: 'Bonjour Madame Rey, m’entendez-vous bien ?',
        at: 1_700_000_060_000,
      },
      {
        n: 3,
        participant: 'p1',
        name: patient,
        text: 'Oui, très bien. L’infirmière est avec moi.',
        at: 1_700_000_090_000,
      },
    ]
    return call
  },
  'ended-left': () => ended('left', true),
  'ended-by-me': () => {
    const call = ended('ended', true)
    call.ended.value = { reason: 'ended', canReturn: true, mine: true }
    return call
  },
  'ended-guest': () => {
    const call = ended('ended', true)
    call.me.value = { id: 'me', name: patient, role: 'guest' }
    return call
  },
  'ended-early': () => {
    const call = ended('not-yet', true)
    call.ended.value = { reason: 'not-yet', canReturn: true, from: Date.now() + 25 * 60_000 }
    return call
  },
  'consultation-forbidden': () => {
    const call = consultation()
    call.camera.value = { ...call.camera.value, live: false, trouble: 'refused-by-system' }
    return call
  },
  'patient-interrupted': () => {
    const call = patientSide()
    call.microphone.value = { ...call.microphone.value, live: false, trouble: 'interrupted' }
    return call
  },
  'consultation-notices': () => {
    const call = consultation()
    call.waiting.value = [person('w1', 'Mme Rey', { since: performance.now() - 4 * 60_000 })]
    setTimeout(() => {
      call.happen({ kind: 'joined', name: 'Nadia Ferrand, interprète' })
      call.happen({ kind: 'device', device: 'speaker', trouble: 'lost' })
    }, 300)
    return call
  },
  'ended-replaced': () => ended('replaced', true),
  'ended-expired': () => ended('expired', false),
  'ended-unsupported': () => ended('unsupported', false),
}
