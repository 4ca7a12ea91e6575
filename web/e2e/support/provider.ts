import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { freePort, type Server } from './server'

const root = resolve(import.meta.dirname, '../../..')

/** A real identity provider beside a server under test: what an administrator writes of it. */
export class Provider {
  private process?: ChildProcess

  private constructor(
    private readonly directory: string,
    private readonly port: number,
  ) {}

  /** Known to the server by these flags before it runs. */
  static async prepare(label: string): Promise<{ provider: Provider; flags: string[] }> {
    const directory = await mkdtemp(join(tmpdir(), 'draille-provider-'))
    const port = await freePort('tcp')
    const secret = join(directory, 'secret')
    const file = join(directory, 'providers.yaml')
    await writeFile(secret, 'a secret of the provider\n')
    await writeFile(
      file,
      `- id: ch\n  label: ${label}\n  issuer: http://localhost:${port}\n` +
        `  client: draille\n  secret-file: ${secret}\n`,
    )
    await promisify(execFile)('go', ['build', '-o', join(directory, 'op'), './web/e2e/provider'], {
      cwd: root,
    })
    const flags = [`--practice.sign-in.providers-file=${file}`]
    return { provider: new Provider(directory, port), flags }
  }

  /** Runs, for this server; resolves when it answers. */
  async run(server: Server): Promise<void> {
    const callback = `${server.url}/api/sign-in/oidc/ch/callback`
    const child = spawn(join(this.directory, 'op'), [`localhost:${this.port}`, callback], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    this.process = child
    await new Promise<void>((ready, reject) => {
      createInterface(child.stdout!).once('line', () => ready())
      child.once('exit', (code) => reject(new Error(`the provider ended with ${code}`)))
    })
  }

  end(): void {
    this.process?.kill('SIGKILL')
    this.process = undefined
  }

  async remove(): Promise<void> {
    this.end()
    await rm(this.directory, { recursive: true, force: true })
  }
}
