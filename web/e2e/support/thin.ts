import { type ChildProcess, spawn } from 'node:child_process'
import { resolve } from 'node:path'
import { createInterface, type Interface } from 'node:readline'
import { type Browser, chromium } from '@playwright/test'
import { chromiumFlags } from './people'

const binary = resolve(import.meta.dirname, '../../../bin/draille')

/** Why there are no emulated links here; '' if there are. */
export const noLinks = () => (process.getuid?.() === 0 ? '' : 'an emulated link needs root')

/** A link whose far end is a network namespace of its own: `draille loadtest access`. */
export class ThinLink {
  private constructor(
    private readonly process: ChildProcess,
    private readonly lines: Interface,
    /** Of this machine, from behind the link. */
    readonly address: string,
    private readonly inside: string,
  ) {}

  static async open(profile: string): Promise<ThinLink> {
    const args = ['loadtest', 'access', '--profile', profile, '--program', '/usr/bin/chromium']
    const child = spawn(binary, args, { stdio: ['pipe', 'pipe', 'inherit'] })
    const lines = createInterface(child.stdout!)
    const first = await next(lines)
    const { address, inside } = JSON.parse(first) as { address: string; inside: string }
    return new ThinLink(child, lines, address, inside)
  }

  /** A browser behind the link. */
  launch(flags: string[]): Promise<Browser> {
    const args = [...chromiumFlags, ...flags]
    return chromium.launch({ executablePath: this.inside, args })
  }

  /** Loses everything, or nothing any more. */
  async set(state: 'break' | 'heal'): Promise<void> {
    const answer = next(this.lines)
    this.process.stdin!.write(`${state}\n`)
    await answer
  }

  /** Says what makes its figures doubtful, if anything does. */
  async close(): Promise<void> {
    this.lines.on('line', (line) => console.log(`      ${line}`))
    const gone = new Promise((done) => this.process.once('exit', done))
    this.process.stdin!.end()
    await gone
  }
}

function next(lines: Interface): Promise<string> {
  return new Promise((resolve, reject) => {
    lines.once('line', resolve)
    lines.once('close', () => reject(new Error('the link did not open: see above')))
  })
}
