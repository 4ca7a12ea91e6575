import { consultation, type Person } from './support/people'
import { expect, test } from './support/test'

/** The local candidate of the pair that carries the media. */
const route = (person: Person) =>
  person.page.evaluate(async () => {
    const stats = await window.draille.connections[0]!.getStats()
    for (const report of stats.values()) {
      if (report.type !== 'transport' || !report.selectedCandidatePairId) continue
      const local = stats.get(stats.get(report.selectedCandidatePairId).localCandidateId)
      return {
        type: local.candidateType as string,
        relay: local.relayProtocol as string | undefined,
      }
    }
    return undefined
  })

for (const protocol of ['udp', 'tcp'] as const) {
  test(`a guest whose only way is our relay over ${protocol.toUpperCase()} holds the call`, async ({
    browser,
    server,
  }) => {
    const { host, guest } = await consultation(browser, server, `relais-${protocol}`, {
      guest: { query: '?relay', media: { transport: protocol } },
    })
    await host.sees(guest)
    await guest.sees(host)
    await host.hears(guest)
    await guest.hears(host)
    expect(await route(guest)).toEqual({ type: 'relay', relay: protocol })
    expect((await route(host))!.type).not.toBe('relay')
    await host.close()
    await guest.close()
  })
}
