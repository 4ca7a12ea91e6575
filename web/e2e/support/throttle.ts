import { connect, createServer, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'

/** A way to a server of this machine that lets through so many bits per second towards a page. */
export type Throttle = {
  url: string
  set: (bits: number) => void
  /** Everything that is open breaks, and nothing is let in; settles once somebody has tried. */
  cut: () => Promise<void>
  /** Bytes that went to the page since this was asked last. */
  passed: () => number
  close: () => Promise<void>
}

const step = 20 // ms

export async function throttled(server: string): Promise<Throttle> {
  let rate = Infinity
  let refuses: (() => void) | undefined
  let passed = 0
  let turn = Promise.resolve() // all connections share the link
  const open = new Set<Socket>()
  const slowly = (chunk: Buffer, to: Socket) => {
    turn = turn.then(async () => {
      for (let at = 0; at < chunk.length && !to.destroyed; ) {
        const most = Number.isFinite(rate) ? Math.max(1, (rate / 8_000) * step) : chunk.length
        to.write(chunk.subarray(at, at + most))
        passed += Math.min(most, chunk.length - at)
        at += most
        if (Number.isFinite(rate)) await pause(step)
      }
    })
    return turn
  }
  const listener = createServer((page) => {
    if (refuses) {
      page.destroy()
      return refuses()
    }
    const { hostname, port } = new URL(server)
    const there = connect({ host: hostname, port: Number(port) })
    for (const socket of [page, there]) {
      open.add(socket)
      socket.on('error', () => socket.destroy())
      socket.on('close', () => {
        open.delete(socket)
        page.destroy()
        there.destroy()
      })
    }
    page.pipe(there)
    there.on('data', (chunk: Buffer) => {
      there.pause()
      void slowly(chunk, page).then(() => there.resume())
    })
  })
  await new Promise<void>((listening) => listener.listen(0, 'localhost', listening))
  const { port } = listener.address() as { port: number }
  return {
    url: `http://localhost:${port}`,
    set: (bits) => {
      rate = bits
      refuses = undefined
    },
    cut: () =>
      new Promise((refused) => {
        refuses = refused
        for (const socket of open) socket.destroy()
      }),
    passed: () => {
      const before = passed
      passed = 0
      return before
    },
    close: async () => {
      const gone = new Promise((done) => listener.close(done))
      for (const socket of open) socket.destroy()
      await gone
    },
  }
}
