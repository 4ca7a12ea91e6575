import { beforeEach, expect, test } from 'vitest'
import { CallModes } from './callModes'
import type { Session } from './session'

let session: Session
let told: string[]
let camera: boolean
let screens: number
let modes: CallModes

beforeEach(() => {
  session = { token: 't' }
  told = []
  camera = true
  screens = 0
  modes = make()
})

function make(): CallModes {
  return new CallModes({
    session: () => session,
    remember: (change) => void (session = { ...session, ...change }),
    tell: (mode) => told.push(mode),
    changed: () => {},
    cameraWanted: () => camera,
    turnCamera: async (on) => void (camera = on),
    stopScreen: () => screens++,
  })
}

const state = () => [modes.mode.value, modes.by.value, modes.receiving.value, camera]

test('one’s own choice is told and remembered', async () => {
  await modes.choose('voice')
  expect(state()).toEqual(['voice', '', false, false])
  expect([told, screens]).toEqual([['voice'], 1])
  modes = make()
  expect(modes.mode.value).toBe('voice')
  await modes.choose('voice')
  expect(told).toEqual(['voice'])
  await modes.choose('automatic')
  expect(state()).toEqual(['automatic', '', true, true])
})

test('what was told before one’s own choice reached the server changes nothing', async () => {
  await modes.hear('automatic', '', true)
  await modes.hear('voice', 'Dr Martin', false)
  await modes.choose('automatic')
  await modes.hear('voice', 'Dr Martin', true) // the websocket was lost meanwhile
  expect(state()).toEqual(['automatic', '', true, true])
  expect(told).toEqual(['automatic', 'automatic'])
  await modes.hear('automatic', '', false)
  await modes.hear('voice', 'Dr Martin', false)
  expect(modes.mode.value, 'but what a host does afterwards').toBe('voice')
})

test('the echo of one’s own choices changes nothing, however late', async () => {
  await modes.hear('automatic', '', true)
  await modes.choose('voice')
  await modes.choose('automatic')
  await modes.hear('voice', '', false)
  expect(modes.mode.value).toBe('automatic')
  await modes.hear('automatic', '', false)
  expect(told).toEqual(['voice', 'automatic'])
})

test('a host’s choice counts, and one’s own after it; kept, it is one’s own', async () => {
  await modes.hear('automatic', '', true)
  await modes.hear('saver', 'Dr Martin', false)
  expect(state()).toEqual(['saver', 'Dr Martin', true, true])
  await modes.choose('saver')
  expect(state()).toEqual(['saver', '', true, true])
  expect(told).toEqual(['saver'])
})

test('a host gives back the camera that they took, and no other', async () => {
  await modes.hear('automatic', '', true)
  await modes.hear('voice', 'Dr Martin', false)
  expect(camera).toBe(false)
  await modes.hear('automatic', 'Dr Martin', false)
  expect(camera).toBe(true)
  await modes.choose('voice')
  await modes.hear('voice', '', false)
  await modes.hear('automatic', 'Dr Martin', false)
  expect(state()).toEqual(['automatic', 'Dr Martin', true, false])
})

test('a server that has lost the choice hears it again; a new seat too, as one’s own', async () => {
  await modes.hear('automatic', '', true)
  await modes.choose('saver')
  await modes.hear('saver', '', false)
  await modes.hear('automatic', '', true)
  expect(told).toEqual(['saver', 'saver'])
  await modes.hear('voice', 'Dr Martin', false)
  modes.seated()
  expect([modes.by.value, told.at(-1)]).toEqual(['', 'voice'])
})

test('a tab that takes a seat over does as the seat did', async () => {
  await modes.hear('voice', '', true)
  expect(state()).toEqual(['voice', '', false, false])
})

test('asking for a picture ends « son seul », and only that', async () => {
  await modes.choose('saver')
  await modes.setReceiving(false)
  expect(state()).toEqual(['saver', '', false, true])
  await modes.choose('voice')
  await modes.setReceiving(true)
  expect(state()).toEqual(['saver', '', true, false])
  await modes.endVoice()
  expect(told).toEqual(['saver', 'voice', 'saver'])
})

test('pictures that come back come back from others too', async () => {
  await modes.setReceiving(false)
  await modes.choose('voice')
  await modes.choose('automatic')
  expect(modes.receiving.value).toBe(true)
})
