/** What stands between some networks and the rest of the world. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer, request } from 'node:https'
import type { Server } from 'node:https'
import { connect } from 'node:net'
import { join } from 'node:path'
import {
  inspectorAddress,
  namedAddress,
  proxyAddress,
  proxyPort,
  serverAddress,
  serverName,
} from './place'

/**
 * Debian's tinyproxy: it looks up the server's name, and passes connections to port 443 on
 * (CONNECT), and nothing else.
 */
export class Proxy {
  private constructor(
    private readonly process: ChildProcess,
    private readonly logFile: string,
  ) {}

  /** `login`: name and password that it wants. */
  static async start(folder: string, login?: string): Promise<Proxy> {
    const logFile = join(folder, 'tinyproxy.log')
    const config = join(folder, 'tinyproxy.conf')
    writeFileSync(
      config,
      [
        `Listen ${proxyAddress}`,
        `Port ${proxyPort}`,
        'Allow 198.18.0.0/15',
        'ConnectPort 443',
        'Timeout 600',
        'MaxClients 50',
        'LogLevel Connect',
        `LogFile "${logFile}"`,
        ...(login ? [`BasicAuth ${login}`] : []),
        '',
      ].join('\n'),
    )
    writeFileSync(logFile, '')
    const hosts = join(folder, 'hosts')
    writeFileSync(hosts, `127.0.0.1 localhost\n${namedAddress} ${serverName}\n`)
    const start = `mount --bind ${hosts} /etc/hosts && exec tinyproxy -d -c ${config}`
    const process = spawn('unshare', ['--mount', 'sh', '-c', start], { stdio: 'ignore' })
    await answers(proxyAddress, proxyPort)
    return new Proxy(process, logFile)
  }

  /** How many connections it has passed on. */
  get passed(): number {
    return readFileSync(this.logFile, 'utf8').split('CONNECT ').length - 1
  }

  /** The connections that it carries now: whose they are, address and port. */
  carried(): string[] {
    return this.established().map((line) => line.split(/\s+/)[3]!)
  }

  /** Cuts all that it carries, as one that is started anew does; it accepts others at once. */
  cut(): string[] {
    return this.established('--kill').map((line) => line.split(/\s+/)[3]!)
  }

  private established(...options: string[]): string[] {
    const theirs = ['src', `${proxyAddress}:${proxyPort}`, 'and', 'dst', '198.18.0.0/15']
    const shown = ['--no-header', '--tcp', '--numeric', 'state', 'established']
    const lines = execFileSync('ss', [...options, ...shown, ...theirs]).toString()
    return lines.trim().split('\n').filter(Boolean)
  }

  stop(): void {
    this.process.kill()
  }
}

/**
 * A device that inspects TLS: it ends it with a certificate that the browsers of its network
 * believe, and understands HTTP and websockets alone.
 */
export function inspect(key: string, certificate: string): Server {
  const inspector = createServer(
    { key, cert: certificate, ALPNProtocols: ['http/1.1'] },
    (asked, answer) => {
      const { method, url, headers } = asked
      const to = request({ host: serverAddress, method, path: url, headers, ...unseen }, (from) => {
        answer.writeHead(from.statusCode!, from.headers)
        from.pipe(answer)
      })
      asked.pipe(to)
    },
  )
  inspector.on('upgrade', (asked, socket, head) => {
    const { method, url, headers } = asked
    const to = request({ host: serverAddress, method, path: url, headers, ...unseen })
    to.on('upgrade', (answer, far, first) => {
      const lines = Object.entries(answer.headers).map(([name, value]) => `${name}: ${value}`)
      socket.write(['HTTP/1.1 101 Switching Protocols', ...lines, '', ''].join('\r\n'))
      socket.write(first)
      far.write(head)
      far.pipe(socket).pipe(far)
      for (const end of [far, socket]) end.on('error', () => end.destroy())
    })
    to.end()
  })
  inspector.listen(443, inspectorAddress)
  return inspector
}

// It does not look whose certificate the server has.
const unseen = { port: 443, rejectUnauthorized: false }

function answers(host: string, port: number): Promise<void> {
  return new Promise((resolve) => {
    const attempt = () => {
      const socket = connect(port, host)
        .once('connect', () => {
          socket.destroy()
          resolve()
        })
        .once('error', () => setImmediate(attempt)) // refused until it listens
    }
    attempt()
  })
}
