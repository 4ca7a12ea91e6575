import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

export type SMS = { to: string; text: string }

/** An SMS gateway that takes whatever it is given over HTTP, or refuses it, and keeps it. */
export class SMSSink {
  /** What it answers from now on. */
  status = 200
  private readonly kept: SMS[] = []
  private waiting: ((sms: SMS) => void)[] = []

  private constructor(private readonly server: Server) {}

  static async start(): Promise<SMSSink> {
    const server = createServer()
    const sink = new SMSSink(server)
    server.on('request', async (request, response) => {
      let body = ''
      for await (const piece of request.setEncoding('utf8')) body += piece
      response.writeHead(sink.status).end()
      sink.take(JSON.parse(body) as SMS)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return sink
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/send`
  }

  private take(sms: SMS): void {
    const next = this.waiting.shift()
    if (next) next(sms)
    else this.kept.push(sms)
  }

  /** The next one, in the order in which they came. */
  async next(): Promise<SMS> {
    return this.kept.shift() ?? new Promise((resolve) => this.waiting.push(resolve))
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections()
    await new Promise((resolve) => this.server.close(resolve))
  }
}
