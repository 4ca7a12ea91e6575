import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { randomBytes } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { Server, freePort } from './server'

const binary = resolve(import.meta.dirname, '../../../bin/draille')

/** Two servers that serve one name, and a third process that keeps the register with them. */
export class Cluster {
  private constructor(
    readonly servers: readonly [Server, Server],
    private readonly keeper: ChildProcess,
    private readonly directory: string,
  ) {}

  static async start(): Promise<Cluster> {
    const directory = await mkdtemp(join(tmpdir(), 'draille-cluster-'))
    const secret = join(directory, 'secret')
    await writeFile(secret, randomBytes(32).toString('hex') + '\n', { mode: 0o600 })
    process.env.DRAILLE_SECRET_FILE = secret // for `draille invite`, too
    const ids = ['n1', 'n2', 'k3']
    const keepers = []
    for (const id of ids) keepers.push(`${id}=127.0.0.1:${await twoPorts()}`)
    const doors = [await freePort('tcp'), await freePort('tcp')].map((port) => `localhost:${port}`)
    const shared = [`--cluster.keepers=${keepers.join(',')}`, `--secret-file=${secret}`]
    const keeper = spawn(
      binary,
      ['keeper', '--cluster.node=k3', `--data-directory=${directory}/k3`, ...shared],
      { stdio: 'ignore' },
    )
    const start = async (i: 0 | 1) =>
      Server.start(
        [
          ...shared,
          `--cluster.node=${ids[i]}`,
          `--cluster.listen=127.0.0.1:${await freePort('tcp')}`,
          `--cluster.doors=${doors.join(',')}`,
          `--listen=${doors[i]}`,
          `--public-url=http://${doors[0]}`,
          '--practice.enabled=false',
        ],
        `http://${doors[0]}`,
      )
    const servers = await Promise.all([start(0), start(1)])
    return new Cluster(servers, keeper, directory)
  }

  async stop(): Promise<void> {
    await Promise.all(this.servers.map((server) => server.stop()))
    this.keeper.kill('SIGKILL')
    await rm(this.directory, { recursive: true, force: true })
    delete process.env.DRAILLE_SECRET_FILE
  }
}

/** A free port, the one after which is free, too. */
async function twoPorts(): Promise<number> {
  return (await freePort('tcp')) & ~1
}
