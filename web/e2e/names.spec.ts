import { Person } from './support/people'
import { expect, test } from './support/test'

declare global {
  interface Window {
    complaints: Record<string, number>
  }
}

/**
 * Notes from now on, in `window.complaints`, whatever a page says of stills and of weak
 * connections, and how often it said so in looks a quarter of a second apart: no link here is thin,
 * however busy the machine is.
 */
function watchComplaints(): void {
  window.complaints = {}
  const complaint = /[^\n]*(?:connexion\b.*\bfaible|image fixe|image figée)[^\n]*/gi
  setInterval(() => {
    for (const [said] of document.body.innerText.matchAll(complaint))
      window.complaints[said] = (window.complaints[said] ?? 0) + 1
  }, 250)
}

/**
 * A name never stands under another's face. Three people take turns to speak and the large picture
 * follows them, so slots change hands again and again; after every frame that the watching page
 * presents, each visible picture is read and compared with the name of its tile, in the very
 * rendering step that puts it on the screen.
 */
test('every frame shown belongs to the name it stands under, while speakers change', async ({
  browser,
  server,
}) => {
  test.setTimeout(240_000)
  const names = ['Dr Martin', 'Dr Bonnet', 'Mme Vidal', 'M. Roux']
  const team: Person[] = []
  for (const [i, name] of names.entries()) {
    const link = await server.invite({ room: 'noms', kind: 'telestaff', role: 'host', name })
    const person = await Person.arrive(browser, link, {
      name,
      who: i + 1,
      media: { width: 320, height: 180, fps: 10, tone: false },
    })
    await person.enter()
    await person.inCall()
    team.push(person)
  }
  const [viewer, ...others] = team as [Person, Person, Person, Person]
  // The links are unknown at first: a picture may wait until they have been tried.
  for (const person of team) {
    const besides = team.filter((other) => other !== person)
    await Promise.all(besides.map((other) => person.sees(other, 4, 5_000)))
  }
  for (const person of team) await person.page.evaluate(watchComplaints)
  await viewer.page.evaluate((names) => {
    const shown = ((window as unknown as { shown: object }).shown = {
      frames: 0,
      wrong: [] as string[],
    })
    const watched = new WeakSet<HTMLVideoElement>()
    const check = (video: HTMLVideoElement) => {
      const tile = video.closest('[data-testid=tile]')
      const style = getComputedStyle(video)
      if (
        tile &&
        style.visibility === 'visible' &&
        style.opacity !== '0' &&
        video.getClientRects().length
      ) {
        const mark = window.draille.read(video)
        const expected = names.findIndex((name) => tile.textContent!.includes(name)) + 1
        if (mark && expected) {
          shown.frames++
          if (mark.who !== expected)
            shown.wrong.push(`${names[mark.who - 1]} under ${names[expected - 1]}`)
        }
      }
    }
    const follow = (video: HTMLVideoElement) => {
      // rAF callbacks of a rendering step run after its video frame callbacks: the page has had its
      // say.
      const next = () => {
        requestAnimationFrame(() => check(video))
        video.requestVideoFrameCallback(next)
      }
      video.requestVideoFrameCallback(next)
    }
    const scan = () => {
      for (const video of document.querySelectorAll<HTMLVideoElement>('[data-testid=tile] video'))
        if (!watched.has(video)) {
          watched.add(video)
          follow(video)
        }
      requestAnimationFrame(scan)
    }
    scan()
  }, names)
  for (let round = 0; round < 2; round++)
    for (const speaker of others) {
      await speaker.speak(true)
      await viewer.hears(speaker)
      await viewer.sees(speaker, 4, 5_000)
      await speaker.speak(false)
    }
  const read = async (person: Person) =>
    expect(
      await person.page.evaluate(() => window.complaints),
      `what ${person.name} reads`,
    ).toEqual({})
  // People who come and go hand their slots on to others.
  await read(others[0])
  await others[0].leave()
  await others[0].open() // another fragment: the page loads itself again
  await others[0].enter()
  await viewer.sees(others[0], 6)
  const shown = await viewer.page.evaluate(
    () => (window as unknown as { shown: { frames: number; wrong: string[] } }).shown,
  )
  console.log(`${shown.frames} frames checked against their names`)
  expect(shown.wrong).toEqual([])
  for (const person of team) {
    // Nobody negotiates again when another comes: all slots were offered in the beginning.
    expect(await person.negotiations()).toEqual({ connections: 1, offers: 1, answers: 1 })
    if (person !== others[0]) await read(person)
  }
  expect(shown.frames).toBeGreaterThan(0)
  for (const person of team) await person.close()
})
