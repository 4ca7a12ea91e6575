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
