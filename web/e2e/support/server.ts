import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { createSocket } from 'node:dgram'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'

const binary = resolve(import.meta.dirname, '../../../bin/draille')

export type Invitation = {
  room: string
  role?: 'host' | 'clinician' | 'guest'
  kind?: 'consultation' | 'telestaff'
  name?: string
  from?: string
  valid?: string
  seats?: number
  with?: string
  at?: string
}

/** How often a server is given other ports, when one is taken before it listens. */
const attempts = 3

/** A real `draille serve` on ports of its own, with a data directory of its own. */
export class Server {
  private process?: ChildProcess
  readonly log: string[] = []

  private constructor(
    readonly url: string,
    private readonly metricsUrl: string,
    private readonly directory: string,
    private readonly flags: string[],
    private readonly inside: readonly string[],
  ) {}

  /**
   * `url`: address in the links, when the flags make it another than localhost. `at`: another
   * network, by what enters it and the server's address there.
   */
  static async start(
    extra: string[] = [],
    url?: string,
    at: { inside: readonly string[]; host: string } = { inside: [], host: '127.0.0.1' },
  ): Promise<Server> {
    const directory = await mkdtemp(join(tmpdir(), 'draille-e2e-'))
    for (let attempt = 1; ; attempt++) {
      const server = await Server.onFreePorts(directory, extra, url, at)
      try {
        await server.run()
        return server
      } catch (error) {
        // a connection of some other program has got the port meanwhile
        if (attempt === attempts || !/another program uses that port/.test(`${error}`)) throw error
      }
    }
  }

  private static async onFreePorts(
    directory: string,
    extra: string[],
    url: string | undefined,
    at: { inside: readonly string[]; host: string },
  ): Promise<Server> {
    const [http, metrics, udp, turnTcp] = [
      await freePort('tcp'),
      await freePort('tcp'),
      await freePort('udp'),
      await freePort('tcp'),
    ]
    return new Server(
      url ?? `http://localhost:${http}`,
      `http://${at.host}:${metrics}/metrics`,
      directory,
      [
        `--listen=localhost:${http}`,
        `--metrics.listen=${at.host}:${metrics}`,
        `--udp-listen=:${udp}`,
        `--turn.tcp-listen=:${turnTcp}`,
        `--data-directory=${directory}`,
        '--no-invite',
        '--log.format=json',
        ...extra,
      ],
      at.inside,
    )
  }

  /** Starts the process; resolves when it answers. */
  async run(): Promise<void> {
    const [program, ...before] = [...this.inside, binary]
    const child = spawn(program!, [...before, 'serve', ...this.flags], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.process = child
    for (const stream of [child.stdout!, child.stderr!])
      createInterface(stream).on('line', (line) => this.log.push(line))
    const exited = new Promise<never>((_, reject) =>
      child.once('exit', (code) =>
        reject(new Error(`draille serve ended with ${code}:\n${this.log.join('\n')}`)),
      ),
    )
    exited.catch(() => {})
    await Promise.race([this.answers(), exited])
  }

  private async answers(): Promise<void> {
    const deadline = Date.now() + 15_000
    for (;;) {
      try {
        // served with everything else, and without TLS
        if ((await fetch(this.metricsUrl)).ok) return
      } catch (error) {
        if (Date.now() > deadline) throw error
      }
      await new Promise((again) => setImmediate(again))
    }
  }

  /** The one-time link of the first administrator, which the server leaves in a file. */
  async firstAdministrator(): Promise<string> {
    const path = join(this.directory, 'first-administrator')
    for (;;) {
      try {
        return (await readFile(path, 'utf8')).trim()
      } catch {
        await new Promise((again) => setImmediate(again)) // written a moment after it answers
      }
    }
  }

  async invite(invitation: Invitation): Promise<string> {
    const args = [
      'invite',
      '--json',
      `--data-directory=${this.directory}`,
      `--public-url=${this.url}`,
      `--room=${invitation.room}`,
    ]
    if (invitation.role) args.push(`--role=${invitation.role}`)
    if (invitation.kind) args.push(`--kind=${invitation.kind}`)
    if (invitation.name) args.push(`--name=${invitation.name}`)
    if (invitation.from) args.push(`--from=${invitation.from}`)
    if (invitation.seats) args.push(`--seats=${invitation.seats}`)
    if (invitation.with) args.push(`--with=${invitation.with}`)
    if (invitation.at) args.push(`--at=${invitation.at}`)
    if (invitation.valid) args.push(`--valid=${invitation.valid}`)
    const { stdout } = await promisify(execFile)(binary, args)
    return JSON.parse(stdout).link as string
  }

  /** So many virtual participants in a telestaff, until they are told to stop. */
  crowd(participants: number, host: string, team: string): { stop(): void } {
    const child = spawn(
      binary,
      ['loadtest', 'telestaff', '--participants', String(participants), '--thin', '0'].concat(
        ['--duration', '3m', '--invite', host, '--invite', team, this.url],
      ),
      { stdio: 'ignore' },
    )
    return { stop: () => void child.kill('SIGINT') }
  }

  /** Sum of a metric over all its label sets that contain the given labels. */
  async metric(name: string, labels: Record<string, string> = {}): Promise<number> {
    const text = await (await fetch(this.metricsUrl)).text()
    let sum = 0
    for (const line of text.split('\n')) {
      const match = /^([a-z_]+)(?:\{(.*)\})? (\S+)$/.exec(line)
      if (!match || match[1] !== name) continue
      if (Object.entries(labels).every(([key, value]) => match[2]?.includes(`${key}="${value}"`)))
        sum += Number(match[3])
    }
    return sum
  }

  /** Ends the process with the signal and waits until it has gone. */
  async end(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const child = this.process
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const gone = new Promise((resolve) => child.once('exit', resolve))
    child.kill(signal)
    await gone
  }

  async stop(): Promise<void> {
    await this.end()
    await rm(this.directory, { recursive: true, force: true })
  }
}

export function freePort(kind: 'tcp' | 'udp'): Promise<number> {
  return new Promise((resolve, reject) => {
    if (kind === 'tcp') {
      const probe = createServer().once('error', reject)
      probe.listen(0, '127.0.0.1', () => {
        const { port } = probe.address() as { port: number }
        probe.close(() => resolve(port))
      })
    } else {
      const probe = createSocket('udp4').once('error', reject)
      probe.bind(0, () => {
        const { port } = probe.address()
        probe.close(() => resolve(port))
      })
    }
  })
}
