import { Person } from './support/people'
import { expect, test } from './support/test'

const small = { width: 320, height: 180, fps: 10, tone: false }

test('five people hold a telestaff: each sees four and hears who speaks, one offer each', async ({
  browser,
  server,
}) => {
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
  for (const viewer of team) {
    for (const other of team) if (other !== viewer) await viewer.sees(other, 4, 20_000)
  }
  for (const speaker of team) {
    await speaker.speak(true)
    for (const listener of team) if (listener !== speaker) await listener.hears(speaker)
    await speaker.speak(false)
  }
  // One leaves, another comes: nobody negotiates again.
  const leaver = team.pop()!
  await leaver.leave()
  for (const person of team) await expect(person.tile(leaver)).toHaveCount(0)
  const link = await server.invite({
    room: 'equipe',
    kind: 'telestaff',
    role: 'clinician',
    name: 'M. Pages',
  })
  const newcomer = await Person.arrive(browser, link, { name: 'M. Pages', who: 6, media: small })
  await newcomer.enter()
  await newcomer.inCall()
  for (const person of team) await person.sees(newcomer, 4, 20_000)
  for (const person of [...team, newcomer])
    expect(await person.negotiations()).toEqual({ connections: 1, offers: 1, answers: 1 })
  for (const person of [...team, newcomer, leaver]) await person.close()
})
