// @vitest-environment happy-dom
import { beforeEach, expect, test, vi } from 'vitest'
import type { Notice } from '../api'
import { Devices } from './devices'
import { Screen } from './screen'
import { browser, useFakeBrowser } from '../testing/browser'
import { FakeTrack, settled } from '../testing/fakes'

useFakeBrowser()

let devices: Devices
let sent: Record<string, FakeTrack | null>
let notices: Notice[]
let changes: number

const events = {
  changed: () => void changes++,
  notice: (notice: Notice) => void notices.push(notice),
}
beforeEach(() => {
  sent = {}
  notices = []
  changes = 0
  devices = new Devices({
    ...events,
    track: (device, track) => (sent[device] = track as unknown as FakeTrack),
  })
})
const error = (name: string, message = '') => new DOMException(message, name)
const on = { microphone: true, camera: true }

test('both devices open with one question', async () => {
  await devices.open(on)
  expect(browser.devices.asked).toHaveLength(1)
  expect(devices.microphone.value).toMatchObject({
    wanted: true,
    live: true,
    deviceId: 'm1',
    choices: [{ id: 'm1' }],
  })
  expect(devices.camera.value).toMatchObject({ live: true, choices: [{ id: 'c1' }, { id: 'c2' }] })
  expect(devices.outputs.value).toEqual([{ id: 's1', label: 'Casque' }])
  expect(devices.selfStream.value!.getVideoTracks()[0]).toBe(sent.camera)
  expect([sent.microphone!.contentHint, sent.camera!.contentHint]).toEqual(['speech', 'motion'])
})

test('a camera off is closed; a microphone off is silent and back at once', async () => {
  await devices.open(on)
  const { microphone, camera } = sent
  await devices.turn('camera', false)
  await devices.turn('microphone', false)
  expect(camera!.stopped).toBe(true)
  expect(sent.camera).toBeNull()
  expect(devices.selfStream.value).toBeUndefined()
  expect(microphone).toMatchObject({ stopped: false, enabled: false })
  expect(devices.microphone.value).toMatchObject({ wanted: false, live: false })
  await devices.turn('microphone', true)
  expect(microphone!.enabled).toBe(true)
  expect(browser.devices.asked).toHaveLength(1)
})

test('a finger that is faster than the camera gets its last wish', async () => {
  await Promise.all([devices.turn('camera', true), devices.turn('camera', false)])
  expect(browser.devices.tracks.map((track) => track.stopped)).toEqual([true])
  expect(devices.camera.value).toMatchObject({ wanted: false, live: false })
})

test('opening without the camera leaves it closed', async () => {
  await devices.open(on)
  await devices.open({ microphone: true, camera: false })
  expect(sent.camera).toBeNull()
  expect(devices.microphone.value.live).toBe(true)
})

test('without a camera the microphone still opens', async () => {
  browser.devices.refuse = { both: error('NotFoundError'), video: error('NotFoundError') }
  await devices.open(on)
  expect(devices.microphone.value.live).toBe(true)
  expect(devices.camera.value).toMatchObject({ wanted: true, live: false, trouble: 'missing' })
  expect(notices).toEqual([{ kind: 'device', device: 'camera', trouble: 'missing' }])
})

test('a busy camera does not cost the microphone, and opens later', async () => {
  browser.devices.refuse = { both: error('NotReadableError'), video: error('NotReadableError') }
  await devices.open(on)
  expect([devices.microphone.value.live, devices.camera.value.trouble]).toEqual([true, 'busy'])
  browser.devices.refuse = {}
  await devices.turn('camera', true)
  expect(devices.camera.value).toMatchObject({ live: true, trouble: undefined })
})

test('refused together, only a device that is not barred is asked for again', async () => {
  browser.devices.refuse = { both: error('NotAllowedError') }
  browser.permissions = { microphone: 'granted', camera: 'denied' }
  await devices.open(on)
  expect(devices.microphone.value.live).toBe(true)
  expect(devices.camera.value.trouble).toBe('refused-by-browser')
  expect(browser.devices.asked).toHaveLength(2)
})

test('where the browser does not tell who is barred, nobody is asked twice', async () => {
  browser.devices.refuse = { both: error('NotAllowedError') }
  await devices.open(on)
  expect(browser.devices.asked).toHaveLength(1)
  expect([devices.microphone.value.trouble, devices.camera.value.trouble]).toEqual([
    'refused-by-browser',
    'refused-by-browser',
  ])
})

test('a question closed unanswered is not asked again by itself', async () => {
  browser.devices.refuse = { both: error('NotAllowedError', 'Permission dismissed') }
  await devices.open(on)
  expect(devices.camera.value.trouble).toBe('refused-by-person')
  expect(browser.devices.asked).toHaveLength(1)
})

test('a page that is not served securely says so', async () => {
  vi.stubGlobal('isSecureContext', false)
  vi.stubGlobal('navigator', {})
  const insecure = new Devices({ ...events, track: () => {} })
  await insecure.open(on)
  expect(insecure.microphone.value.trouble).toBe('insecure')
})

test('the device of the last visit that is gone gives way to another', async () => {
  devices.prefer('camera', 'gone')
  const real = browser.devices.getUserMedia
  browser.devices.getUserMedia = async (constraints) => {
    if (JSON.stringify(constraints).includes('gone')) throw error('OverconstrainedError')
    return real(constraints)
  }
  await devices.open(on)
  expect(devices.camera.value).toMatchObject({ live: true, deviceId: 'c1' })
})

/** The list of devices without one, which the browser tells of, or only shows. */
const without = (id: string) => browser.devices.list.filter((device) => device.deviceId !== id)

/** As browsers list the devices of a kind that this site may not have. */
const nameless = (kind: MediaDeviceKind) => [
  ...browser.devices.list.filter((device) => device.kind !== kind),
  { kind, deviceId: '', label: '' } as MediaDeviceInfo,
]

test('a camera pulled out in the middle of a call: said once, the microphone goes on', async () => {
  await devices.open(on)
  browser.permissions = { camera: 'granted' }
  browser.devices.list = without('c1')
  sent.camera!.onended!()
  await settled()
  expect(devices.camera.value).toMatchObject({ live: false, trouble: 'lost' })
  expect(devices.microphone.value.live).toBe(true)
  expect(sent.camera).toBeNull()
  expect(notices).toEqual([{ kind: 'device', device: 'camera', trouble: 'lost' }])
})

test.each([
  ['granted', 'failed'],
  ['prompt', 'refused-by-browser'],
  ['denied', 'refused-by-browser'],
] as const)('a camera that ends while it is listed, permission %s: %s', async (state, trouble) => {
  await devices.open(on)
  browser.permissions = { camera: state }
  sent.camera!.onended!()
  await settled()
  expect(devices.camera.value).toMatchObject({ live: false, trouble })
  expect(notices).toEqual([{ kind: 'device', device: 'camera', trouble }])
  expect(browser.devices.asked, 'nobody is asked unasked').toHaveLength(1)
})

test.each(['prompt', 'denied'])('a permission taken back hides names: %s', async (state) => {
  await devices.open(on)
  browser.permissions = { camera: state }
  browser.devices.list = nameless('videoinput')
  sent.camera!.onended!()
  await settled()
  expect(devices.camera.value.trouble).toBe('refused-by-browser')
})

test('where a browser asks each time, a camera pulled out is unplugged, not refused', async () => {
  await devices.open(on)
  browser.permissions = { camera: 'prompt' }
  browser.devices.list = without('c1')
  sent.camera!.onended!()
  await settled()
  expect(devices.camera.value.trouble).toBe('lost')
})

test('where a browser tells no permission, the list decides', async () => {
  for (const [list, trouble] of [
    [without('c1'), 'lost'],
    [browser.devices.list, 'failed'],
    [nameless('videoinput'), 'failed'],
  ] as const) {
    const { mediaDevices } = navigator
    vi.stubGlobal('navigator', { mediaDevices })
    await devices.turn('camera', true)
    const all = browser.devices.list
    browser.devices.list = list
    sent.camera!.onended!()
    await settled()
    expect(devices.camera.value.trouble).toBe(trouble)
    browser.devices.list = all
    await devices.turn('camera', false)
  }
})

test('a microphone taken back is not asked for again, and one that stopped is', async () => {
  await devices.open(on)
  browser.permissions = { microphone: 'prompt' }
  sent.microphone!.onended!()
  await settled()
  expect(devices.microphone.value).toMatchObject({ live: false, trouble: 'refused-by-browser' })
  expect(browser.devices.asked).toHaveLength(1)
  await devices.turn('microphone', true)
  browser.permissions = { microphone: 'granted' }
  sent.microphone!.onended!()
  await settled()
  expect(devices.microphone.value).toMatchObject({ live: true, trouble: undefined })
  expect(browser.devices.asked).toHaveLength(3)
})

test('a headset pulled out gives way to the microphone left, as silent as it was', async () => {
  await devices.open(on)
  await devices.turn('microphone', false)
  const first = sent.microphone!
  browser.permissions = { microphone: 'granted' }
  browser.devices.list = without('m1')
  first.onended!()
  await settled()
  expect(sent.microphone).not.toBe(first)
  expect(sent.microphone!.enabled).toBe(false)
  expect(devices.microphone.value.live).toBe(false)
})

test('another camera: the old one is closed before the new one opens', async () => {
  await devices.open(on)
  const first = sent.camera!
  await devices.choose('camera', 'c2')
  expect(first.stopped).toBe(true)
  expect(devices.camera.value).toMatchObject({ deviceId: 'c2', live: true })
})

test('a camera that is off is chosen for later', async () => {
  await devices.choose('camera', 'c2')
  expect(browser.devices.asked).toEqual([])
  await devices.turn('camera', true)
  expect(devices.camera.value.deviceId).toBe('c2')
})

test('flipping goes to the other side of a tablet', async () => {
  browser.devices.facing = true
  await devices.open(on)
  expect(devices.camera.value.facing).toBe('user')
  await devices.flip()
  expect(devices.camera.value.facing).toBe('environment')
  await devices.flip()
  expect(devices.camera.value.facing).toBe('user')
})

test('flipping goes to the next camera where sides are not told', async () => {
  await devices.open(on)
  await devices.flip()
  expect(devices.camera.value.deviceId).toBe('c2')
  await devices.flip()
  expect(devices.camera.value.deviceId).toBe('c1')
})

test('a device plugged in appears in the choices', async () => {
  browser.devices.list = [
    ...browser.devices.list,
    { kind: 'audioinput', deviceId: 'm2', label: 'Casque' } as MediaDeviceInfo,
  ]
  browser.devices.dispatchEvent(new Event('devicechange'))
  await settled()
  expect(devices.microphone.value.choices).toHaveLength(2)
})

test('closing waits for a camera that is still opening, so that its light goes off', async () => {
  void devices.open(on)
  await devices.close()
  expect(browser.devices.tracks.every((track) => track.stopped)).toBe(true)
  expect(devices.camera.value).toMatchObject({ wanted: false, live: false })
})

test('a shared screen is sharp, and ended by the bar of the browser it is told', async () => {
  const tracks: unknown[] = []
  const screen = new Screen({ ...events, track: (track) => tracks.push(track) })
  await screen.start()
  expect(screen.state.value).toEqual({ live: false, possible: true })
  browser.devices.screen = new FakeTrack('video')
  await screen.start()
  expect(browser.devices.screen.contentHint).toBe('detail')
  expect(screen.state.value.live).toBe(true)
  browser.devices.screen.onended!()
  expect(screen.state.value.live).toBe(false)
  expect(tracks).toEqual([browser.devices.screen, null])
  expect(notices).toEqual([{ kind: 'screen-ended' }])
  screen.stop()
  expect(tracks).toHaveLength(2)
})

test('a call takes the microphone: both sides are told; it is live after it', async () => {
  await devices.open(on)
  changes = 0
  sent.microphone!.muted = true
  sent.microphone!.onmute!()
  await settled()
  expect(devices.microphone.value).toMatchObject({ live: false, trouble: 'interrupted' })
  expect(changes, 'the others hear of it').toBe(1)
  sent.microphone!.muted = false
  sent.microphone!.onunmute!()
  await settled()
  expect(devices.microphone.value).toMatchObject({ live: true, trouble: undefined })
  expect(browser.devices.asked).toHaveLength(1)
})

test('a camera that stays muted is opened again', async () => {
  await devices.open(on)
  const first = sent.camera!
  first.muted = true
  first.onmute!()
  await settled()
  await vi.advanceTimersByTimeAsync(3_000)
  expect(first.stopped).toBe(true)
  expect(sent.camera).not.toBe(first)
  expect(devices.camera.value).toMatchObject({ live: true, trouble: undefined })
})

test('a change to a busy camera leaves the one before, with a sentence', async () => {
  await devices.open(on)
  const real = browser.devices.getUserMedia
  browser.devices.getUserMedia = async (constraints) => {
    if (JSON.stringify(constraints).includes('c2')) throw error('NotReadableError')
    return real(constraints)
  }
  await devices.choose('camera', 'c2')
  expect(devices.camera.value).toMatchObject({ live: true, deviceId: 'c1' })
  expect(notices).toEqual([{ kind: 'device', device: 'camera', trouble: 'busy', kept: true }])
})

test('a headset that comes back is taken back', async () => {
  const withHeadset = [
    ...browser.devices.list,
    { kind: 'audioinput', deviceId: 'm2', label: 'Casque' } as MediaDeviceInfo,
  ]
  const before = browser.devices.list
  const list = async (devices: MediaDeviceInfo[]) => {
    browser.devices.list = devices
    browser.devices.dispatchEvent(new Event('devicechange'))
    await settled()
  }
  await devices.open(on)
  await list(withHeadset)
  await devices.choose('microphone', 'm2')
  browser.permissions = { microphone: 'granted' }
  browser.devices.list = before
  sent.microphone!.onended!()
  await list(before)
  expect(devices.microphone.value).toMatchObject({ live: true, deviceId: 'm1' })
  await list(withHeadset)
  expect(devices.microphone.value).toMatchObject({ live: true, deviceId: 'm2' })
})

test.each([
  ['NotAllowedError', 'Permission denied', undefined],
  ['NotAllowedError', 'Permission denied by system', 'refused-by-system'],
  ['NotFoundError', '', 'missing'],
  ['NotReadableError', '', 'busy'],
])('a screen refused with %s %s: %s', async (name, message, trouble) => {
  browser.devices.getDisplayMedia = async () => {
    throw error(name, message)
  }
  const screen = new Screen({ ...events, track: () => {} })
  await screen.start()
  expect([screen.state.value.live, screen.state.value.trouble]).toEqual([false, trouble])
})

test('a shared window that is minimised is not shown any more, until it is back', async () => {
  const screen = new Screen({ ...events, track: () => {} })
  const track = (browser.devices.screen = new FakeTrack('video'))
  await screen.start()
  changes = 0
  track.onmute!()
  expect(screen.state.value).toMatchObject({ live: false, trouble: 'interrupted' })
  track.onunmute!()
  expect(screen.state.value).toMatchObject({ live: true, trouble: undefined })
  expect(changes).toBe(2)
})

test('a device that is in no list is used all the same, and asked for once', async () => {
  browser.devices.list = browser.devices.list.filter((device) => device.deviceId !== 'm1')
  browser.devices.list.push({ kind: 'audioinput', deviceId: 'm9', label: '' } as MediaDeviceInfo)
  await devices.open(on)
  expect(devices.microphone.value).toMatchObject({ live: true, deviceId: 'm1' })
  expect(browser.devices.asked).toHaveLength(1)
})
