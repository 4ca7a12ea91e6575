import { inStep, startLips } from './support/lips'
import { Person } from './support/people'
import { expect, test } from './support/test'

const beats = { width: 320, height: 180, fps: 15, beats: true }
const within = 80 // ms
const late = 350 // ms by which pictures are held back

test('three people: the lips of both others move with their voices', async ({
  browser,
  server,
}) => {
  test.setTimeout(180_000)
  const team: Person[] = []
  for (const [i, name] of ['Dr Martin', 'Dr Bonnet', 'Mme Vidal'].entries()) {
    const role = i ? 'clinician' : 'host'
    const link = await server.invite({ room: 'levres', kind: 'telestaff', role, name })
    const person = await Person.arrive(browser, link, { name, who: i + 1, media: beats })
    await person.enter()
    await person.inCall()
    team.push(person)
  }
  const [doctor, ...others] = team as [Person, ...Person[]]
  for (const other of others) await doctor.sees(other, 4, 20_000)
  // Pictures come late, as they do over a thin link: the voices have to wait for them.
  const held = await doctor.page.evaluate((late) => {
    const receivers = window.draille.connections.at(-1)!.getReceivers()
    const pictures = receivers.filter(({ track }) => track.kind === 'video')
    for (const picture of pictures) picture.jitterBufferTarget = late
    return pictures.length
  }, late)
  expect(held).toBeGreaterThan(1)
  await startLips(doctor, ...others)
  for (const other of others) {
    const offset = await inStep(doctor, other, within, 60_000)
    console.log(`      ${other.name}: the picture ${offset.toFixed(0)} ms after the voice`)
  }
  for (const person of team) await person.close()
})
