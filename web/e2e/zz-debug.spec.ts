import { test } from '@playwright/test'
import { consultation, launchChromium } from './support/people'
import { Server } from './support/server'
test('debug', async () => {
  const server = await Server.start()
  const browser = await launchChromium()
  const { host, guest } = await consultation(browser, server, 'vue')
  await host.sees(guest, 4)
  for (let i = 0; i < 4; i++) {
    await host.page.evaluate(() => new Promise((r) => setTimeout(r, 1000)))
    for (const p of [host, guest])
    console.log(p.name, await p.page.evaluate(async () => {
      const out: unknown[] = [window.draille.heard()]
      for (const r of (await window.draille.connections[0]!.getStats()).values()) {
        if (r.type === 'inbound-rtp' ) out.push([r.kind, r.mid, r.packetsReceived, r.audioLevel, r.totalAudioEnergy, r.framesDecoded, r.frameWidth, r.nackCount, r.pliCount])
        if (r.type === 'outbound-rtp') out.push(['out', r.kind, r.rid, r.packetsSent, r.active, r.frameWidth, r.targetBitrate, r.qualityLimitationReason, r.encoderImplementation])
        if (r.type === 'media-source') out.push(['src', r.kind, r.audioLevel, r.framesPerSecond])
      }
      out.push([...document.querySelectorAll('audio')].map((a) => [a.paused, a.muted, a.volume, String(a.srcObject)]))
      return JSON.stringify(out)
    }))
  }
  await host.page.screenshot({ path: '/tmp/setup/dbg/host.png' })
  await guest.page.screenshot({ path: '/tmp/setup/dbg/guest.png' })
  await browser.close()
  console.log(server.log.slice(-20).join('\n'))
  await server.stop()
})
