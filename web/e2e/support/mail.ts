import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'

/** A mail server that takes whatever it is given (RFC 5321) and keeps it for the test. */
export class MailSink {
  readonly mails: string[] = []
  private readonly sockets = new Set<Socket>()
  private waiting: (() => void)[] = []

  private constructor(private readonly server: Server) {}

  static async start(): Promise<MailSink> {
    const server = createServer()
    const sink = new MailSink(server)
    server.on('connection', (socket) => sink.serve(socket))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return sink
  }

  get address(): string {
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`
  }

  private serve(socket: Socket): void {
    this.sockets.add(socket)
    socket.on('close', () => this.sockets.delete(socket)).on('error', () => socket.destroy())
    const say = (line: string) => socket.write(`${line}\r\n`)
    let rest = ''
    let body: string[] | undefined
    say('220 sink ESMTP')
    socket.setEncoding('utf8').on('data', (piece: string) => {
      rest += piece
      const lines = rest.split('\r\n')
      rest = lines.pop()!
      for (const line of lines) {
        if (body && line === '.') {
          this.take(body.join('\r\n'))
          body = undefined
          say('250 kept')
        } else if (body) body.push(line.replace(/^\./, ''))
        else if (/^DATA/i.test(line)) {
          body = []
          say('354 go on')
        } else if (/^EHLO/i.test(line)) socket.write('250-sink\r\n250 8BITMIME\r\n')
        else if (/^QUIT/i.test(line)) socket.end('221 bye\r\n')
        else say('250 ok')
      }
    })
  }

  private take(mail: string): void {
    this.mails.push(mail)
    for (const go of this.waiting.splice(0)) go()
  }

  /** The text of the first mail, its soft line breaks and escapes (RFC 2045 §6.7) undone. */
  async first(): Promise<string> {
    while (this.mails.length === 0) await new Promise<void>((go) => this.waiting.push(go))
    return unquoted(this.mails[0]!)
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy()
    await new Promise((resolve) => this.server.close(resolve))
  }
}

function unquoted(mail: string): string {
  const bytes = mail
    .replace(/=\r\n/g, '')
    .replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)))
  return Buffer.from(bytes, 'latin1').toString('utf8')
}
