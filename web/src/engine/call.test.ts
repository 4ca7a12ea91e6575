// @vitest-environment happy-dom
import { afterEach, expect, test, vi } from 'vitest'
import type { ServerMessage, Welcome } from '../protocol/messages'
import type { Call, Notice } from './api'
import { createCall } from './call'
import { FakeAudio, browser, useFakeBrowser } from './testing/browser'
import {
  FakePeerConnection,
  FakeTrack,
  FakeWebSocket,
  aPerson,
  aSlot,
  aWelcome,
  settled,
} from './testing/fakes'

useFakeBrowser()

let call: Call

/** Opens the page. */
function open(options: Partial<Parameters<typeof createCall>[0]> = {}): Call {
  return (call = createCall({ token: 'token', lang: 'fr', ...options }))
}

afterEach(() => {
  if (call.place.value !== 'ended') call.leave()
})

async function hear(...messages: ServerMessage[]): Promise<void> {
  for (const message of messages) FakeWebSocket.last.say(message)
  await settled()
}

async function welcomed(change: Partial<Welcome> = {}): Promise<void> {
  FakeWebSocket.last.open()
  await hear(aWelcome(change))
}

async function answered(sdp = 'answer'): Promise<void> {
  await hear({ type: 'answer', connection: FakeWebSocket.last.of('offer').at(-1)!.connection, sdp })
}

async function inRoom(change: Partial<Welcome> = {}): Promise<void> {
  await welcomed(change)
  await answered()
  call.enter('Jeanne')
  await hear(
    { type: 'admitted' },
    roster(aPerson('me', { name: 'Jeanne' }), aPerson('a')),
  )
  FakePeerConnection.last.become('connected')
}

/** The websocket is lost and opened again. */
async function reconnected(change: Partial<Welcome>): Promise<void> {
  FakeWebSocket.last.drop()
  vi.advanceTimersByTime(375)
  await welcomed(change)
}

/** An invitation as far as a page reads it. */
const tokenOf = (kind: string) => `h.${btoa(JSON.stringify({ kind }))}.s`

const roster = (...present: ReturnType<typeof aPerson>[]): ServerMessage => ({
  type: 'roster',
  full: true,
  present,
  waiting: [],
  left: [],
  locked: false,
})
const [microphone, camera, screen] = [0, 1, 2] // sections of the offer
const sending = (section: number) => FakePeerConnection.last.transceivers[section!]!.sender.track

test('one offer holds everything, in the order that the server expects', async () => {
  open({ server: new URL('wss://server.example/ws'), token: tokenOf('telestaff') })
  expect(String(FakeWebSocket.last.url)).toBe('wss://server.example/ws')
  await welcomed({ room: { id: 'r', kind: 'telestaff' } })
  const connection = FakePeerConnection.last
  expect(connection.transceivers.map(({ kind, init }) => `${kind} ${init.direction}`)).toEqual([
    'audio sendonly',
    'video sendonly',
    'video sendonly',
    ...Array(9).fill('audio recvonly'),
    ...Array(9).fill('video recvonly'),
  ])
  expect(
    connection.transceivers[camera!]!.init.sendEncodings!.map((encoding) => encoding.rid),
  ).toEqual(['q', 'f'])
  expect(connection.channels).toMatchObject([
    { label: 'draille', options: { ordered: false, maxRetransmits: 0 } },
  ])
  expect(connection.getConfiguration()).toMatchObject({
    iceTransportPolicy: 'all',
    bundlePolicy: 'max-bundle',
  })
  expect(FakeWebSocket.last.of('offer')).toMatchObject([{ sdp: 'offer 1' }])
  expect(browser.devices.asked).toEqual([])
  await answered()
  expect(connection.remoteDescription).toEqual({ type: 'answer', sdp: 'answer' })
})

test('the relay over UDP is left out unless there shall be nothing else', async () => {
  const iceServers = [
    {
      urls: ['turn:a.example:3478?transport=udp', 'turn:a.example:3478?transport=tcp'],
      username: 'u',
      credential: 'c',
    },
    { urls: ['turn:b.example:3478?transport=udp'] },
  ]
  const ways = () =>
    FakePeerConnection.last.getConfiguration().iceServers!.flatMap(({ urls }) => urls)
  open()
  await welcomed({ iceServers })
  await answered()
  vi.advanceTimersByTime(2_100)
  await settled()
  expect(ways()).toEqual(['turn:a.example:3478?transport=tcp'])
  await reconnected({ iceServers, resumed: true })
  expect(ways()).toEqual(['turn:a.example:3478?transport=tcp'])
  open({ relay: true })
  await welcomed({ iceServers })
  expect(ways()).toHaveLength(3)
  await reconnected({ iceServers, resumed: true })
  expect(ways()).toHaveLength(3)
})

test('the offer travels behind the join; the welcome changes nothing in it', async () => {
  open()
  await settled()
  FakeWebSocket.last.open()
  expect(FakeWebSocket.last.sent.map(({ type }) => type)).toEqual(['join'])
  await settled()
  expect(FakeWebSocket.last.sent.map(({ type }) => type)).toEqual(['join', 'offer'])
  await hear(aWelcome())
  await answered()
  FakePeerConnection.last.become('connected')
  vi.advanceTimersByTime(5_000)
  expect(FakeWebSocket.last.of('offer')).toHaveLength(1)
  expect(FakePeerConnection.all).toHaveLength(1)
})

test('an offer that a websocket took away before the welcome is sent on the next', async () => {
  open()
  await settled()
  FakeWebSocket.last.open()
  await settled()
  FakeWebSocket.last.drop()
  vi.advanceTimersByTime(375)
  await welcomed()
  expect(FakeWebSocket.last.of('offer')).toMatchObject([{ sdp: 'offer 1' }])
  await answered()
  expect(FakePeerConnection.last.signalingState).toBe('stable')
})

test('a room of another kind than the invitation says gets the connection it needs', async () => {
  open({ token: tokenOf('telestaff') })
  await welcomed({ room: { id: 'r', kind: 'consultation' } })
  expect(FakePeerConnection.all.map(({ signalingState }) => signalingState)).toEqual([
    'closed',
    'have-local-offer',
  ])
  expect(FakePeerConnection.last.transceivers).toHaveLength(11)
})

test('relays are tried after two seconds and two round trips without an answer', async () => {
  const iceServers = [
    { urls: ['turns:a.example:443?transport=tcp'], username: 'u', credential: 'c' },
  ]
  open()
  await settled()
  FakeWebSocket.last.open()
  await settled()
  vi.advanceTimersByTime(600)
  await hear(aWelcome({ iceServers }))
  await answered()
  vi.advanceTimersByTime(3_199)
  expect(FakePeerConnection.last.restarts).toBe(0)
  vi.advanceTimersByTime(1)
  await settled()
  expect(FakePeerConnection.last.restarts).toBe(1)
  expect(FakePeerConnection.last.getConfiguration().iceServers).toEqual(iceServers)
  expect(FakeWebSocket.last.of('offer')).toHaveLength(2)
  await answered()
  vi.advanceTimersByTime(5_000)
  expect(FakePeerConnection.last.restarts, 'once').toBe(1)
})

test('an ICE restart uses the newest credentials', async () => {
  const urls = ['turns:a.example:443?transport=tcp']
  open()
  await welcomed({ iceServers: [{ urls, username: 'old', credential: 'c' }] })
  await answered()
  const fresh = [{ urls, username: 'fresh', credential: 'c' }]
  await hear({ type: 'iceservers', iceServers: fresh })
  const connection = FakePeerConnection.last
  expect(connection.restarts, 'a call that goes on is left alone').toBe(0)
  vi.advanceTimersByTime(2_000)
  await settled()
  expect(connection.restarts).toBe(1)
  expect(connection.getConfiguration().iceServers).toEqual(fresh)
})

test('a connection that cannot send over relays of a restart is replaced', async () => {
  const iceServers = [
    { urls: ['turns:a.example:443?transport=tcp'], username: 'u', credential: 'c' },
  ]
  open()
  await welcomed({ iceServers })
  await answered()
  vi.advanceTimersByTime(2_000)
  await settled()
  await answered()
  const connection = FakePeerConnection.last
  expect(connection.restarts).toBe(1)
  const over = (ice: string) => {
    connection.connectionState = 'failed'
    connection.iceConnectionState = ice
    connection.onconnectionstatechange!()
    vi.advanceTimersByTime(0)
  }
  over('failed')
  expect(FakePeerConnection.last, 'a way may still be found').toBe(connection)
  over('connected')
  expect(FakePeerConnection.last).not.toBe(connection)
  expect(connection.signalingState).toBe('closed')
  expect(FakePeerConnection.last.getConfiguration().iceServers).toEqual(iceServers)
})

test('candidates are told, but not names that only this network knows', async () => {
  open({ relay: true })
  await welcomed()
  expect(FakePeerConnection.last.getConfiguration().iceTransportPolicy).toBe('relay')
  for (const candidate of [
    'candidate:1 1 udp 1 10.0.0.2 5 typ host',
    'candidate:2 1 udp 1 a-b.local 5 typ host',
    '',
  ]) {
    FakePeerConnection.last.onicecandidate!({ candidate: { candidate, sdpMid: '0' } })
  }
  FakePeerConnection.last.onicecandidate!({ candidate: null })
  expect(FakeWebSocket.last.of('candidate')).toMatchObject([
    { candidate: 'candidate:1 1 udp 1 10.0.0.2 5 typ host', mid: '0' },
  ])
})

test('whoever got the page over a thin link says so before they enter', async () => {
  const files = [{ transferSize: 30_000, responseStart: 1_000, responseEnd: 6_000 }]
  const listed = vi
    .spyOn(performance, 'getEntriesByType')
    .mockImplementation((type) => (type === 'resource' ? files : []) as never)
  open()
  await welcomed()
  call.enter('Jeanne')
  expect(FakeWebSocket.last.sent.slice(-2)).toEqual([
    { type: 'estimate', bitrate: 48_000 },
    { type: 'enter', name: 'Jeanne' },
  ])
  listed.mockRestore()
})

test('the server is told of a camera that gives more lines than are sent by default', async () => {
  open()
  await welcomed()
  await answered()
  const told = () => FakeWebSocket.last.of('capture').map(({ lines }) => lines)
  await call.openDevices({ microphone: true, camera: true })
  call.enter('Jeanne')
  await hear({ type: 'admitted' })
  await call.setCamera(false)
  expect(told()).toEqual([])
  browser.devices.size = { width: 1280, height: 720 }
  await call.setCamera(true)
  expect(told()).toEqual([720])
})

test('nothing is sent or played before admission, everything after it', async () => {
  open()
  await welcomed()
  await answered()
  await call.openDevices({ microphone: true, camera: true })
  call.enter('Jeanne')
  expect(FakeWebSocket.last.of('enter')).toEqual([{ type: 'enter', name: 'Jeanne' }])
  await hear({ type: 'waiting', host: 'Dr Martin', note: 'Un instant.' })
  expect([call.place.value, call.expectedBy.value, call.note.value]).toEqual([
    'waiting',
    'Dr Martin',
    'Un instant.',
  ])
  expect([sending(microphone!), sending(camera!), FakeAudio.all.length]).toEqual([null, null, 0])
  await hear({ type: 'admitted' })
  const line = { n: 1, participant: 'a', name: 'A', text: 'bonjour', at: 0 }
  await hear({ type: 'chat', line: { ...line, n: 2 } }, { type: 'history', lines: [line] })
  expect(call.place.value).toBe('room')
  expect([sending(microphone!), sending(camera!)]).toEqual(browser.devices.tracks)
  expect(FakeAudio.all.map((voice) => voice.plays)).toEqual([1, 1, 1, 1])
  expect(call.chat.value.map((said) => said.n)).toEqual([1, 2])
  expect(FakeWebSocket.last.of('media').at(-1)).toEqual({
    type: 'media',
    microphone: true,
    camera: true,
    screen: false,
  })
  expect(FakeWebSocket.last.of('offer')).toHaveLength(1)
})

test('devices and screen come and go without an offer; each change is told once', async () => {
  open()
  await inRoom()
  browser.devices.screen = new FakeTrack('video')
  await call.openDevices({ microphone: true, camera: false })
  await call.setCamera(true)
  await call.setScreen(true)
  expect(sending(screen!)).toBe(browser.devices.screen)
  await call.setScreen(false)
  await call.setMicrophone(false)
  expect(sending(screen!)).toBeNull()
  expect(
    FakeWebSocket.last
      .of('media')
      .map(({ microphone, camera, screen }) => [microphone, camera, screen].map(Number).join('')),
  ).toEqual(['000', '100', '110', '111', '110', '010'])
  expect(FakeWebSocket.last.of('offer')).toHaveLength(1)
})

const mayTake = (section: number) =>
  FakePeerConnection.last.transceivers[section]!.sender.getParameters().encodings[0]!.maxBitrate!

test('a browser that probes with the sum of all senders finds little to probe with', async () => {
  open()
  await inRoom()
  const sum = FakePeerConnection.last.transceivers
    .flatMap(({ init }) => init.sendEncodings ?? [])
    .reduce((bitrate, { maxBitrate }) => bitrate + maxBitrate!, 0)
  expect(sum).toBeLessThan(200_000)
})

test('a page of text begins sharp before the server has said for whom', async () => {
  open()
  await inRoom()
  browser.devices.screen = new FakeTrack('video')
  await call.setScreen(true)
  await settled()
  expect(mayTake(screen!)).toBe(1_500_000)
  await hear({
    type: 'encode',
    source: 'screen',
    encodings: [{ rid: '', active: true, maxBitrate: 200_000 }],
  })
  expect(mayTake(screen!)).toBe(200_000)
})

test('a page of text begins with little over a thin link of our own', async () => {
  open()
  await inRoom()
  await hear({
    type: 'encode',
    source: 'camera',
    encodings: [{ rid: 'f', active: true, maxBitrate: 60_000, reason: 'uplink' }],
  })
  browser.devices.screen = new FakeTrack('video')
  await call.setScreen(true)
  await settled()
  expect(mayTake(screen!)).toBe(50_000)
})

test('with nobody of the staff in the room capture stops when the server says so', async () => {
  open()
  await inRoom()
  await call.openDevices({ microphone: true, camera: true })
  await hear({ type: 'unattended', stopped: false, mediaLeft: 120_000, callLeft: 600_000 })
  expect([call.microphone.value.live, call.camera.value.live]).toEqual([true, true])
  await hear({ type: 'unattended', stopped: true, mediaLeft: 0, callLeft: 480_000 })
  expect([call.microphone.value.live, call.camera.value.live]).toEqual([false, false])
})

test('the host mutes: off, told to the person and back to the server', async () => {
  open()
  const notices: Notice[] = []
  call.onNotice((notice) => notices.push(notice))
  await inRoom()
  await call.openDevices({ microphone: true, camera: true })
  browser.devices.screen = new FakeTrack('video')
  await call.setScreen(true)
  for (const source of ['microphone', 'camera', 'screen'] as const)
    await hear({ type: 'muted', source, by: 'Dr Martin' })
  expect(notices.filter((notice) => notice.kind === 'muted')).toHaveLength(3)
  expect([call.microphone.value.live, call.camera.value.live, call.screen.value.live]).toEqual([
    false,
    false,
    false,
  ])
  expect(FakeWebSocket.last.of('media').at(-1)).toEqual({
    type: 'media',
    microphone: false,
    camera: false,
    screen: false,
  })
})

test('whoever speaks into a microphone that is off is told, once a mute', async () => {
  open()
  const notices: Notice[] = []
  call.onNotice((notice) => notices.push(notice))
  await call.openDevices({ microphone: true, camera: false })
  await inRoom()
  const said = () => notices.filter(({ kind }) => kind === 'unheard').length
  browser.loudness = 0.1
  vi.advanceTimersByTime(5_000)
  expect(said(), 'the microphone is on').toBe(0)

  await call.setMicrophone(false)
  const microphone = browser.devices.tracks[0]!
  const [copy] = microphone.copies
  expect(microphone.enabled, 'nothing of it is sent').toBe(false)
  vi.advanceTimersByTime(5_000)
  expect(said()).toBe(1)

  await call.setMicrophone(true)
  expect(copy!.stopped).toBe(true)
  expect(microphone.stopped).toBe(false)
  await call.setMicrophone(false)
  vi.advanceTimersByTime(5_000)
  expect(said()).toBe(2)

  call.leave()
  await settled()
  expect(microphone.copies.every((one) => one.stopped)).toBe(true)
})

test('« son seul » closes the camera and watches nothing; both come back', async () => {
  open()
  await inRoom()
  await call.openDevices({ microphone: true, camera: true })
  await call.setMode('voice')
  expect([call.camera.value.live, call.microphone.value.live, call.receiving.value]).toEqual([
    false,
    true,
    false,
  ])
  expect(FakeWebSocket.last.of('mode')).toEqual([{ type: 'mode', mode: 'voice' }])
  await call.setMode('automatic')
  expect([call.camera.value.live, call.receiving.value]).toEqual([true, true])
  await call.setCamera(false)
  await call.setMode('voice')
  await call.setMode('automatic')
  expect(call.camera.value.live).toBe(false)
})

test('« son seul » holds over a reload, until the camera is asked for', async () => {
  open()
  await inRoom()
  await call.openDevices({ microphone: true, camera: true })
  await call.setMode('saver')
  await call.setMode('voice')
  open()
  expect(call.mode.value).toBe('voice')
  await welcomed({ resumed: true, place: 'room' })
  expect(call.camera.value.live).toBe(false)
  expect(FakeWebSocket.last.of('mode'), 'the seat knows').toEqual([])
  await call.setCamera(true)
  expect([call.mode.value, call.camera.value.live]).toEqual(['saver', true])
})

test('a choice made before the server has a seat is told first', async () => {
  open()
  await call.setMode('voice')
  await welcomed()
  const types = FakeWebSocket.last.sent.map((message) => message.type)
  expect(FakeWebSocket.last.of('mode')).toEqual([{ type: 'mode', mode: 'voice' }])
  expect(types, 'nothing flows before').not.toContain('enter')
})

test('« économie de données » caps what is sent, also of what was asked for before', async () => {
  open()
  await inRoom()
  await hear({
    type: 'encode',
    source: 'camera',
    encodings: [
      { rid: 'q', active: false },
      { rid: 'f', active: true, maxBitrate: 600_000 },
    ],
  })
  const sent = () => FakePeerConnection.last.transceivers[camera!]!.sender.parameters.encodings[1]
  expect(sent()).toMatchObject({ active: true, maxBitrate: 600_000, scaleResolutionDownBy: 1 })
  await call.setMode('saver')
  await settled()
  expect(sent()).toMatchObject({
    active: true,
    maxBitrate: 120_000,
    maxFramerate: 15,
    scaleResolutionDownBy: 2,
  })
  await call.setMode('automatic')
  await settled()
  expect(sent()).toMatchObject({ maxBitrate: 600_000, scaleResolutionDownBy: 1 })
})

test('a host’s choice is carried out, told, and taken back', async () => {
  open()
  await inRoom()
  await call.openDevices({ microphone: true, camera: true })
  const me = aPerson('me', {
    name: 'Jeanne',
    mode: 'voice',
    modeBy: 'Dr Martin',
    media: { microphone: true, camera: false, screen: false },
  })
  await hear({ ...roster(me), full: false } as ServerMessage)
  expect([call.mode.value, call.modeBy.value, call.camera.value.live]).toEqual([
    'voice',
    'Dr Martin',
    false,
  ])
  expect(FakeWebSocket.last.of('mode'), 'the server knows').toEqual([])
  await call.setMode('automatic')
  expect([call.mode.value, call.modeBy.value, call.camera.value.live]).toEqual([
    'automatic',
    '',
    true,
  ])
  expect(FakeWebSocket.last.of('mode')).toEqual([{ type: 'mode', mode: 'automatic' }])
  call.setModeOf('a', 'saver')
  expect(FakeWebSocket.last.of('mode').at(-1)).toEqual({
    type: 'mode',
    participant: 'a',
    mode: 'saver',
  })
})

test('the pictures of others are stopped alone', async () => {
  open()
  await inRoom()
  await call.openDevices({ microphone: true, camera: true })
  call.setReceiving(false)
  await settled()
  expect([call.receiving.value, call.mode.value, call.camera.value.live]).toEqual([
    false,
    'automatic',
    true,
  ])
  expect(FakeWebSocket.last.of('subscribe').at(-1)).toEqual({
    type: 'subscribe',
    subscriptions: [],
  })
  call.setReceiving(true)
  await settled()
  expect(call.receiving.value).toBe(true)
})

test('a lost websocket changes nothing in the media', async () => {
  open()
  await inRoom()
  await call.openDevices({ microphone: true, camera: true })
  const said = FakeWebSocket.last.of('media').length
  FakeWebSocket.last.drop()
  expect(call.link.value.state).toBe('lost')
  expect(call.place.value).toBe('room')
  vi.advanceTimersByTime(375)
  await welcomed({ resumed: true, place: 'room', resume: 'resume-2' })
  await hear({ type: 'admitted' })
  expect(FakeWebSocket.last.sent[0]).toMatchObject({ type: 'join', resume: 'resume-1' })
  expect(FakePeerConnection.all).toHaveLength(1)
  expect(FakeWebSocket.last.of('offer')).toEqual([])
  // a mute that came meanwhile must not be undone
  expect(FakeWebSocket.last.of('media')).toEqual([])
  expect(said).toBeGreaterThan(0)
  expect(FakeAudio.all).toHaveLength(4) // voices go on where they are
})

test('an answer lost with the old websocket is asked for again, and fits one offer', async () => {
  open()
  await welcomed()
  await reconnected({ resumed: true })
  expect(FakePeerConnection.all).toHaveLength(1)
  expect(FakeWebSocket.last.of('offer')).toMatchObject([{ sdp: 'offer 1' }])
  await answered()
  expect(FakePeerConnection.last.signalingState).toBe('stable')
})

const invited = `h.${btoa(JSON.stringify({ kind: 'telestaff', role: 'guest', name: 'Jeanne' }))}.s`

test('the lobby does not wait for the welcome, nor does who is quicker', async () => {
  open({ token: invited })
  expect([call.place.value, call.kind.value, call.me.value]).toEqual([
    'lobby',
    'telestaff',
    { id: '', name: 'Jeanne', role: 'guest' },
  ])
  call.enter('Zoé')
  expect(FakeWebSocket.last.sent).toEqual([])
  FakeWebSocket.last.open()
  await settled()
  expect(FakeWebSocket.last.sent.map(({ type }) => type)).toEqual(
    expect.arrayContaining(['join', 'offer', 'enter']),
  )
  expect(FakeWebSocket.last.sent[0]!.type).toBe('join')
  await hear(aWelcome({ name: 'Jeanne', room: { id: 'r', kind: 'telestaff' } }))
  expect(FakeWebSocket.last.of('enter')).toMatchObject([{ name: 'Zoé' }])
  expect(call.me.value).toMatchObject({ id: 'me', name: 'Zoé' })
  await hear({ type: 'waiting' })
  expect(call.place.value).toBe('waiting')
})

test('between join and welcome one enters at once; on another websocket again', async () => {
  open({ token: invited })
  FakeWebSocket.last.open()
  await settled()
  call.enter('Zoé')
  expect(FakeWebSocket.last.of('enter')).toHaveLength(1)
  call.enter('Zoé') // who was refused may ask again
  expect(FakeWebSocket.last.of('enter')).toHaveLength(2)
  await reconnected({ room: { id: 'r', kind: 'telestaff' } })
  expect(FakeWebSocket.last.of('enter')).toMatchObject([{ name: 'Zoé' }])
})

test('after a reload the server says where one stands', () => {
  open({ token: invited })
  call.enter('Zoé')
  open({ token: invited })
  expect(call.place.value).toBe('connecting')
})

test('a server that has forgotten us is entered again under the same name', async () => {
  open()
  await inRoom()
  await call.openDevices({ microphone: true, camera: true })
  const first = FakePeerConnection.last
  await reconnected({ resumed: false, place: 'lobby' })
  expect(first.signalingState).toBe('closed')
  expect(FakePeerConnection.all).toHaveLength(2)
  expect(FakeWebSocket.last.of('enter')).toEqual([{ type: 'enter', name: 'Jeanne' }])
  expect(FakeWebSocket.last.of('media')).toEqual([
    { type: 'media', microphone: true, camera: true, screen: false },
  ])
  expect(call.place.value).toBe('room')
  expect(sending(camera!)).toBe(browser.devices.tracks[1])
  await hear({ type: 'waiting' })
  expect(call.place.value).toBe('waiting')
})

test('an entry that the websocket swallowed is said again', async () => {
  open()
  await welcomed()
  FakeWebSocket.last.drop()
  call.enter('Jeanne')
  vi.advanceTimersByTime(375)
  await welcomed({ resumed: true, place: 'lobby' })
  expect(FakeWebSocket.last.of('enter')).toEqual([{ type: 'enter', name: 'Jeanne' }])
})

test('a reload takes the place back, with what was on', async () => {
  open()
  await inRoom()
  await call.openDevices({ microphone: true, camera: true })
  await call.setCamera(false)
  open()
  await welcomed({ resumed: true, place: 'room', name: 'Jeanne' })
  expect(FakeWebSocket.last.sent[0]).toMatchObject({ resume: 'resume-1' })
  await hear({ type: 'admitted' })
  expect(call.me.value).toMatchObject({ name: 'Jeanne' })
  expect([call.place.value, call.microphone.value.live, call.camera.value.live]).toEqual([
    'room',
    true,
    false,
  ])
  expect(sending(microphone!)).toBe(browser.devices.tracks.at(-1))
})

test('another tab of the same browser goes on as the others still see us', async () => {
  open()
  await welcomed({ resumed: true, place: 'room' })
  await hear(
    { type: 'admitted' },
    roster(aPerson('me', { media: { microphone: true, camera: false, screen: false } })),
  )
  expect([call.microphone.value.live, call.camera.value.live]).toEqual([true, false])
})

test('whoever has finished leaves nothing; whoever is turned away may reload', async () => {
  for (const [reason, kept] of [
    ['ended', false],
    ['removed', false],
    ['blocked', false],
    ['locked', true],
    ['full', true],
  ] as const) {
    open()
    await inRoom()
    expect(sessionStorage.getItem('draille.session')).toContain('token')
    await hear({ type: 'bye', reason, message: '', retry: false })
    expect(!!sessionStorage.getItem('draille.session'), reason).toBe(kept)
  }
})

test('a page that is left alone after the call forgets the way back', async () => {
  open()
  await inRoom()
  await hear({ type: 'bye', reason: 'locked', message: '', retry: false })
  vi.advanceTimersByTime(9 * 60_000)
  call.comeBack() // and is turned away again
  await welcomed()
  await hear({ type: 'bye', reason: 'locked', message: '', retry: false })
  vi.advanceTimersByTime(9 * 60_000)
  expect(call.ended.value).toMatchObject({ canReturn: true })
  vi.advanceTimersByTime(60_000)
  expect(call.ended.value).toMatchObject({ reason: 'locked', canReturn: false })
  expect(sessionStorage.getItem('draille.session')).toBeNull()
})

test("another invitation's session is not used", async () => {
  open()
  await welcomed()
  open({ token: 'other' })
  FakeWebSocket.last.open()
  expect(FakeWebSocket.last.sent[0]).toEqual({
    type: 'join',
    token: 'other',
    device: expect.stringMatching(/^\w{32}$/),
    lang: 'fr',
  })
})

test('ICE is restarted on the same connection when the transport stays away', async () => {
  open()
  await inRoom()
  FakePeerConnection.last.become('disconnected')
  expect(call.transport.value).toBe('interrupted')
  expect(FakeWebSocket.last.of('ping')).toHaveLength(1)
  FakeWebSocket.last.say({ type: 'pong', n: 1 })
  vi.advanceTimersByTime(3_000)
  await settled()
  const offers = FakeWebSocket.last.of('offer')
  expect(offers).toHaveLength(2)
  expect(offers[1]!.connection).toBe(offers[0]!.connection)
  expect(FakePeerConnection.last.restarts).toBe(1)
  await answered()
  FakePeerConnection.last.become('connected')
  expect(call.transport.value).toBe('connected')
  for (let i = 0; i < 5; i++) {
    vi.advanceTimersByTime(5_000)
    FakeWebSocket.last.say({ type: 'pong', n: 2 + i })
  }
  await settled()
  expect(FakePeerConnection.last.restarts).toBe(1)
})

test('on another network ICE is restarted as soon as the websocket is back', async () => {
  open()
  await inRoom()
  vi.advanceTimersByTime(30_000 - 1)
  dispatchEvent(new Event('online'))
  await welcomed({ resumed: true, place: 'room', iceServers: [] })
  expect(FakePeerConnection.all).toHaveLength(1)
  expect(FakePeerConnection.last.restarts).toBe(1)
  expect(FakeWebSocket.last.of('offer')).toHaveLength(1)
  await answered()
  expect(FakePeerConnection.last.signalingState).toBe('stable')
})

test('media that stop make the websocket prove itself; ICE restarts', async () => {
  open()
  await inRoom()
  const { receiver } = FakePeerConnection.last.transceivers[3]!
  for (let i = 1; i <= 20; i++) {
    receiver.heardAt = i
    vi.advanceTimersByTime(100)
  }
  const dead = FakeWebSocket.last
  vi.advanceTimersByTime(3_000)
  expect(dead.of('ping')).toHaveLength(1)
  expect(dead.closed).toBe(true)
  expect(call.transport.value).toBe('interrupted') // though the browser has not said so yet
  vi.advanceTimersByTime(375)
  expect(FakeWebSocket.last).not.toBe(dead)
  await welcomed({ resumed: true, place: 'room' })
  expect(FakePeerConnection.last.restarts).toBe(1)
  receiver.heardAt++
  vi.advanceTimersByTime(500)
  expect(call.transport.value).toBe('connected')
})

test('on another network media that still come are left alone', async () => {
  open()
  await inRoom()
  FakePeerConnection.last.transceivers[3]!.receiver.heardAt = 1
  vi.advanceTimersByTime(500)
  dispatchEvent(new Event('online'))
  await welcomed({ resumed: true, place: 'room' })
  expect(FakePeerConnection.last.restarts).toBe(0)
})

test('a connection that restarts do not help gives way to a new one', async () => {
  open()
  await inRoom()
  FakePeerConnection.last.become('failed')
  FakeWebSocket.last.say({ type: 'pong', n: 0 })
  for (let i = 0; i < 5; i++) {
    vi.advanceTimersByTime(5_000)
    FakeWebSocket.last.say({ type: 'pong', n: 0 })
    await settled()
  }
  expect(FakePeerConnection.all).toHaveLength(2)
  expect(FakePeerConnection.all[0]).toMatchObject({ restarts: 2, signalingState: 'closed' })
  const connections = FakeWebSocket.last.of('offer').map((offer) => offer.connection)
  expect(new Set(connections).size).toBe(2)
})

test('without a websocket no restart is wasted; it comes when the websocket is back', async () => {
  open()
  await inRoom()
  FakeWebSocket.last.drop()
  FakePeerConnection.last.become('failed')
  vi.advanceTimersByTime(374)
  expect(FakePeerConnection.last.restarts).toBe(0)
  vi.advanceTimersByTime(1)
  await welcomed({ resumed: true, place: 'room', iceServers: [] })
  expect(FakePeerConnection.last.restarts).toBe(1)
  expect(FakePeerConnection.last.getConfiguration().iceServers).toEqual([])
  expect(FakeWebSocket.last.of('offer')).toHaveLength(1)
})

test('an answer to an offer that was overtaken is not applied', async () => {
  open()
  await inRoom()
  FakePeerConnection.last.become('failed')
  vi.advanceTimersByTime(0)
  await settled()
  FakePeerConnection.last.become('failed')
  vi.advanceTimersByTime(0)
  await settled()
  await answered('first')
  expect(FakePeerConnection.last.remoteDescription).toMatchObject({ sdp: 'answer' })
  await answered('second')
  expect(FakePeerConnection.last.remoteDescription).toMatchObject({ sdp: 'second' })
})

test('an answer that makes no sense is said, not hidden', async () => {
  open()
  vi.spyOn(console, 'warn').mockImplementation(() => {})
  const notices: Notice[] = []
  call.onNotice((notice) => notices.push(notice))
  await welcomed()
  await answered('bad')
  await hear({ type: 'error', code: 'forbidden', message: 'expected a host', of: 'lock' })
  expect(notices).toEqual([
    { kind: 'error', code: 'sdp' },
    { kind: 'error', code: 'forbidden' },
  ])
})

test('what is looked at is told in the room, once, and again after a reconnection', async () => {
  open()
  await welcomed()
  const element = document.createElement('video')
  call.watch(element, 'a', 'camera', 2)
  vi.advanceTimersByTime(200)
  expect(FakeWebSocket.last.of('subscribe')).toEqual([])
  call.enter('Jeanne')
  await hear({ type: 'admitted' })
  expect(FakeWebSocket.last.of('subscribe')).toHaveLength(1)
  await reconnected({ resumed: true, place: 'room' })
  expect(FakeWebSocket.last.of('subscribe')).toEqual([])
  await hear({ type: 'admitted' })
  expect(FakeWebSocket.last.of('subscribe')).toHaveLength(1)
})

test('speakers come by datagram; slots and demands are followed', async () => {
  open({ debug: true })
  await inRoom()
  FakePeerConnection.last.channels[0]!.onmessage!({
    data: '{"type":"speakers","participants":["a"]}',
  })
  expect(call.speakers.value).toEqual(['a'])
  await hear(
    { type: 'slots', slots: [aSlot('a', 1)] },
    { type: 'encode', source: 'camera', encodings: [{ rid: 'f', active: false }] },
  )
  await vi.dynamicImportSettled()
  const { __draille } = window as unknown as { __draille: import('./debug').DebugHandle }
  expect(__draille.slots).toHaveLength(1)
  expect(__draille.counters).toEqual({ offers: 1, answers: 1, connections: 1 })
  expect(__draille.connection).toBe(FakePeerConnection.last)
  expect(FakePeerConnection.last.transceivers[camera!]!.sender.parameters.encodings).toMatchObject([
    { rid: 'q' },
    { rid: 'f', active: false },
  ])
})

test('a line of chat that is refused can be sent again', async () => {
  open()
  await inRoom()
  const notices: Notice[] = []
  call.onNotice((notice) => notices.push(notice))
  for (const text of ['un', 'deux', 'trois']) call.say(text)
  const me = call.me.peek()!.id
  await hear(
    { type: 'chat', line: { n: 1, participant: me, name: 'Jeanne', text: 'un', at: 0 } },
    { type: 'error', code: 'too-fast', message: '', of: 'say' },
    { type: 'chat', line: { n: 2, participant: 'other', name: 'Luc', text: 'trois', at: 0 } },
  )
  expect(call.unsent.value).toBe('deux')
  expect(notices).toEqual([{ kind: 'error', code: 'unsent' }])
  await hear({ type: 'error', code: 'too-fast', message: '', of: 'hand' })
  expect(call.unsent.value).toBe('deux')
  await hear({ type: 'error', code: 'out-of-place', message: '', of: 'say' })
  expect(call.unsent.value).toBe('deux\ntrois')
})

test('everything that a person does in the room is one message', async () => {
  open()
  await inRoom()
  const before = FakeWebSocket.last.sent.length
  call.say('bonjour')
  call.raiseHand(true)
  call.lowerHand('a')
  call.admit('a')
  call.refuse('a')
  call.mute('a', 'camera')
  call.remove('a')
  call.lock(true)
  call.setNote('Un instant.')
  call.end()
  expect(FakeWebSocket.last.sent.slice(before)).toEqual([
    { type: 'say', text: 'bonjour' },
    { type: 'hand', raised: true },
    { type: 'hand', raised: false, participant: 'a' },
    { type: 'admit', participant: 'a' },
    { type: 'refuse', participant: 'a' },
    { type: 'mute', participant: 'a', source: 'camera' },
    { type: 'remove', participant: 'a' },
    { type: 'lock', locked: true },
    { type: 'note', text: 'Un instant.' },
    { type: 'end' },
  ])
})

test('the roster and the chat are what the pages see', async () => {
  open()
  await inRoom()
  await hear(
    {
      type: 'roster',
      full: false,
      present: [],
      waiting: [aPerson('w')],
      left: ['a'],
      locked: true,
      note: 'Un instant.',
    },
    { type: 'chat', line: { n: 1, participant: 'me', name: 'Jeanne', text: 'bonjour', at: 0 } },
  )
  expect(call.people.value.map((person) => [person.id, person.me])).toEqual([['me', true]])
  expect(call.waiting.value.map((person) => person.id)).toEqual(['w'])
  expect([call.locked.value, call.note.value, call.chat.value.length]).toEqual([
    true,
    'Un instant.',
    1,
  ])
})

test('leaving says so, closes everything, and lets one come back to the lobby', async () => {
  open()
  await inRoom()
  await call.openDevices({ microphone: true, camera: true })
  call.leave()
  await settled()
  expect(FakeWebSocket.last.sent.at(-1)).toEqual({ type: 'leave' })
  expect(FakeWebSocket.last.closed).toBe(true)
  expect(FakePeerConnection.last.signalingState).toBe('closed')
  expect(browser.devices.tracks.every((track) => track.stopped)).toBe(true)
  expect([call.place.value, call.ended.value]).toEqual([
    'ended',
    { reason: 'left', place: 'room', canReturn: true },
  ])
  call.comeBack()
  expect([call.place.value, call.ended.value]).toEqual(['connecting', undefined])
  await welcomed()
  expect(FakeWebSocket.last.sent[0]).not.toHaveProperty('resume')
  expect(call.place.value).toBe('lobby')
  await answered()
  call.enter('Jeanne')
  await call.openDevices({ microphone: true, camera: true })
  await hear({ type: 'admitted' })
  expect(sending(camera!)).toBe(browser.devices.tracks.at(-1))
})

test.each([
  ['removed', true],
  ['locked', true],
  ['expired', false],
  ['invalid', false],
] as const)('a goodbye because of %s: %s', async (reason, canReturn) => {
  open()
  await welcomed()
  await hear({ type: 'bye', reason, message: '', retry: false })
  expect(call.ended.value).toMatchObject({ reason, canReturn })
  FakeWebSocket.last.drop()
  vi.advanceTimersByTime(60_000)
  expect(FakeWebSocket.all).toHaveLength(1)
})

test('a server that stops is waited for', async () => {
  open()
  await inRoom()
  await hear({ type: 'bye', reason: 'shutdown', message: '', retry: true })
  expect(call.place.value).toBe('room')
  await reconnected({})
  expect(FakeWebSocket.last.of('enter')).toHaveLength(1)
})

test('a browser without WebRTC is told so', () => {
  vi.stubGlobal('RTCPeerConnection', undefined)
  delete (window as { RTCPeerConnection?: unknown }).RTCPeerConnection
  open()
  expect([call.place.value, call.ended.value]).toEqual([
    'ended',
    { reason: 'unsupported', canReturn: false },
  ])
  expect(FakeWebSocket.all).toEqual([])
})

test('sound that the browser blocks starts with a touch', async () => {
  FakeAudio.blocked = true
  open()
  await inRoom()
  expect(call.soundBlocked.value).toBe(true)
  FakeAudio.blocked = false
  await call.unblockSound()
  expect(call.soundBlocked.value).toBe(false)
})

test('the chosen devices are those of the next visit', async () => {
  open()
  await welcomed()
  await call.openDevices({ microphone: true, camera: true })
  await call.chooseCamera('c2')
  await call.chooseMicrophone('m1')
  await call.chooseSpeaker('s1')
  await call.flipCamera()
  await call.chooseCamera('c2')
  open()
  expect([
    call.camera.value.deviceId,
    call.microphone.value.deviceId,
    call.speaker.value.deviceId,
  ]).toEqual(['c2', 'm1', 's1'])
})
