import { fr as aside } from '../src/i18n/aside/fr'
import { fr } from '../src/i18n/fr'
import { long } from './support/long'
import { Person } from './support/people'
import { expect, test } from './support/test'

const small = { width: 320, height: 180, fps: 10, tone: false }

// Of four, names.spec tells the same in `make test`: five pages are slow on two cores.
const title = 'five people hold a telestaff: each sees four and hears who speaks, one offer each'

test(title, long, async ({ browser, server }) => {
  test.setTimeout(150_000)
  const names = ['Dr Martin', 'Dr Bonnet', 'Mme Vidal', 'M. Roux', 'Mme Fabre']
  const team: Person[] = []
  for (const [i, name] of names.entries()) {
    const link = await server.invite({
      room: 'equipe',
      kind: 'telestaff',
      role: i ? 'clinician' : 'host',
      name,
    })
    const person = await Person.arrive(browser, link, { name, who: i + 1, media: small })
    await person.enter()
    await person.inCall()
    team.push(person)
  }
  const besides = (one: Person) => team.filter((other) => other !== one)
  for (const viewer of team)
    await Promise.all(besides(viewer).map((other) => viewer.sees(other, 4, 20_000)))
  for (const speaker of team) {
    await speaker.speak(true)
    await Promise.all(besides(speaker).map((listener) => listener.hears(speaker)))
    await speaker.speak(false)
  }
  // One leaves, another comes: nobody negotiates again.
  const leaver = team.pop()!
  await leaver.leave()
  await Promise.all(team.map((person) => expect(person.tile(leaver)).toHaveCount(0)))
  const link = await server.invite({
    room: 'equipe',
    kind: 'telestaff',
    role: 'clinician',
    name: 'M. Pages',
  })
  const newcomer = await Person.arrive(browser, link, { name: 'M. Pages', who: 6, media: small })
  await newcomer.enter()
  await newcomer.inCall()
  await Promise.all(team.map((person) => person.sees(newcomer, 4, 20_000)))
  for (const person of [...team, newcomer])
    expect(await person.negotiations()).toEqual({ connections: 1, offers: 1, answers: 1 })
  for (const person of [...team, newcomer, leaver]) await person.close()
})

/** How many colours the next frame has, in steps of 64; runs in the page. */
const coloursOfNext = async (video: HTMLVideoElement): Promise<number> => {
  await new Promise((shown) => video.requestVideoFrameCallback(shown))
  const context = new OffscreenCanvas(32, 18).getContext('2d')!
  context.drawImage(video, 0, 0, 32, 18)
  const { data } = context.getImageData(0, 0, 32, 18)
  const seen = new Set<string>()
  for (let i = 0; i < data.length; i += 4)
    seen.add(Array.from(data.subarray(i, i + 3), (value) => value >> 6).join())
  return seen.size
}

// Virtual participants send pictures that browsers decode, in whichever size they are asked for.
test('a page sees a virtual crowd', async ({ browser, server }) => {
  const link = (role: 'host' | 'clinician', name: string, seats: number) =>
    server.invite({ room: 'foule', kind: 'telestaff', role, name, seats })
  const host = await link('host', 'Dr Martin', 1)
  const team = await link('clinician', 'Équipe', 9)
  const crowd = server.crowd(8, host, team)
  const one = await Person.arrive(browser, team, { name: 'Mme Fabre', who: 3, media: small })
  await one.enter()
  await one.inCall()
  await one.button(fr.call.more).click()
  await one.page.getByRole('radio', { name: aside.layout.grid }).check()
  await one.page.keyboard.press('Escape')
  const pictures = one.page.locator('video[data-picture=live]')
  await expect(pictures).toHaveCount(8, { timeout: 20_000 })
  for (const picture of await pictures.all())
    expect(await picture.evaluate(coloursOfNext), 'bars of many colours').toBeGreaterThan(5)
  await one.close()
  crowd.stop()
})
