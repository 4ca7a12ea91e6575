import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { chmodSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { type Browser, type LaunchOptions, chromium } from '@playwright/test'
import type { Browser as Firefox } from 'puppeteer-core'
import { launchFirefox } from '../support/firefox'
import { chromiumFlags } from '../support/people'

/** Addresses of the servers, on the loopback interface of the namespace that the tests run in. */
export const serverAddress = '198.18.0.1'
export const serverAddress6 = 'fd18::1'
/** Of a server that is known by its name, which only the proxy can look up. */
export const namedAddress = '198.18.0.4'
export const serverName = 'visio.test'
/** Of a proxy, and of a device that inspects TLS. */
export const proxyAddress = '198.18.0.2'
export const proxyPort = 8888
export const inspectorAddress = '198.18.0.3'
/** Of three servers that serve one name. */
export const doorAddresses = ['198.18.0.11', '198.18.0.12', '198.18.0.13'] as const

const run = (command: string, ...args: string[]) =>
  execFileSync(command, args, { stdio: ['ignore', 'pipe', 'pipe'] }).toString()

/** Why the tests cannot run here, if they cannot. */
export function hindrance(): string | undefined {
  if (process.getuid?.() !== 0) return 'network namespaces need root: run sudo make network'
  if (run('ip', '-o', 'link').trim().split('\n').length > 2)
    return 'these tests want a network namespace of their own: run make network'
  for (const program of ['nft', 'nsenter', 'unshare', 'chromium'] as const) {
    try {
      run('sh', '-c', `command -v ${program}`)
    } catch {
      return `${program} is missing: apt-get install nftables util-linux chromium`
    }
  }
  return undefined
}

/** Lets places reach each other through the namespace that the tests run in. */
export function joinPlaces(): void {
  writeFileSync('/proc/sys/net/ipv4/ip_forward', '1')
}

export function prepareServerSide(): void {
  run('ip', 'link', 'set', 'lo', 'up')
  run('ip', 'address', 'replace', `${serverAddress}/32`, 'dev', 'lo')
  for (const address of [proxyAddress, inspectorAddress, namedAddress, ...doorAddresses])
    run('ip', 'address', 'replace', `${address}/32`, 'dev', 'lo')
  run('ip', 'address', 'replace', `${serverAddress6}/128`, 'dev', 'lo')
}

export type Firewall =
  | 'open'
  | 'tcp 443'
  | 'udp 3478'
  | 'tcp 443, tcp 3478'
  | 'tcp 443, udp 3478'
  | 'proxy' // nothing but the proxy is reached
  | 'inspected' // TCP 443, and whoever asks for the server meets the device that inspects

/**
 * A network of its own with a browser in it, and a firewall around it. It is gone with this
 * process, whatever ends it.
 */
export class Place {
  private link = ''

  private constructor(
    readonly name: string,
    private readonly holder: ChildProcess,
    private readonly folder: string,
  ) {}

  static async open(name: string, folder: string): Promise<Place> {
    // The namespace lives as long as a process in it; this one ends with its standard input.
    const holder = spawn('unshare', ['--net', 'sh', '-c', 'echo; exec cat'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    await new Promise((ready) => holder.stdout!.once('data', ready))
    const place = new Place(name, holder, folder)
    place.inside('ip', 'link', 'set', 'lo', 'up')
    return place
  }

  /** Gives the place an interface with an address out of 198.18.SUBNET.0/24, and one of IPv6. */
  connect(subnet: number): void {
    this.link = `${this.name}${subnet}`
    run(
      'ip',
      'link',
      'add',
      this.link,
      'type',
      'veth',
      'peer',
      'name',
      'net0',
      'netns',
      String(this.holder.pid),
    )
    run('ip', 'address', 'add', `198.18.${subnet}.1/24`, 'dev', this.link)
    run('ip', 'address', 'add', `fd18:${subnet}::1/64`, 'dev', this.link, 'nodad')
    run('ip', 'link', 'set', this.link, 'up')
    this.inside('ip', 'address', 'add', `198.18.${subnet}.2/24`, 'dev', 'net0')
    this.inside('ip', 'address', 'add', `fd18:${subnet}::2/64`, 'dev', 'net0', 'nodad')
    this.inside('ip', 'link', 'set', 'net0', 'up')
    this.inside('ip', 'route', 'add', 'default', 'via', `198.18.${subnet}.1`)
    this.inside('ip', '-6', 'route', 'add', 'default', 'via', `fd18:${subnet}::1`)
  }

  /** The interface goes away, with its address and its routes. */
  disconnect(): void {
    run('ip', 'link', 'delete', this.link)
  }

  /** What gets out from now on; everything else is dropped without an answer, as firewalls do. */
  allow(
    firewall: Firewall,
    servers = [`ip daddr ${serverAddress}`, `ip6 daddr ${serverAddress6}`],
  ): void {
    const accepted = {
      open: ['accept'],
      proxy: [`ip daddr ${proxyAddress} tcp dport ${proxyPort} accept`],
      inspected: [`ip daddr ${inspectorAddress} tcp dport 443 accept`],
    }[firewall as string] ??
      firewall
        .split(', ')
        .flatMap((what) =>
          servers.map((server) => `${server} ${what.replace(' ', ' dport ')} accept`),
        )
    const diverted =
      firewall === 'inspected'
        ? [
            'table ip inspection {',
            'chain out { type nat hook output priority -100;',
            `ip daddr ${serverAddress} tcp dport 443 dnat to ${inspectorAddress}`,
            '}',
            '}',
          ]
        : []
    // Without the neighbours' discovery there is no IPv6 at all.
    const rules = [
      'flush ruleset',
      'table inet firewall {',
      'chain out { type filter hook output priority 0; policy drop;',
      'oif lo accept',
      'meta l4proto ipv6-icmp accept',
      ...accepted,
      '}',
      '}',
      ...diverted,
    ]
    execFileSync('nsenter', [`--net=${this.path}`, 'nft', '-f', '-'], { input: rules.join('\n') })
  }

  async launch(extra: string[] = [], proxy?: LaunchOptions['proxy']): Promise<Browser> {
    const program = join(this.folder, `chromium-${this.name}`)
    writeFileSync(program, `#!/bin/sh\nexec nsenter --net=${this.path} -- chromium "$@"\n`)
    chmodSync(program, 0o755)
    const args = [...chromiumFlags, ...extra]
    return chromium.launch({ executablePath: program, args, proxy })
  }

  /** Firefox listens to its driver on the loopback interface of the place alone. */
  async launchFirefox(prefs: Record<string, unknown>): Promise<Firefox> {
    const program = join(this.folder, `firefox-${this.name}`)
    writeFileSync(program, `#!/bin/sh\nexec nsenter --net=${this.path} -- firefox-esr "$@"\n`)
    chmodSync(program, 0o755)
    const bridge = createServer((driver) => {
      const { port } = bridge.address() as AddressInfo
      const carry = `exec 3<>/dev/tcp/127.0.0.1/${port}; cat <&3 & cat >&3`
      const inside = spawn('nsenter', [`--net=${this.path}`, '--', 'bash', '-c', carry], {
        stdio: ['pipe', 'pipe', 'inherit'],
      })
      driver.on('error', () => inside.kill()).on('close', () => inside.kill())
      driver.pipe(inside.stdin).on('error', () => driver.destroy())
      inside.stdout.pipe(driver)
    })
    await new Promise<void>((ready) => bridge.listen(0, '127.0.0.1', ready))
    bridge.unref()
    const { port } = bridge.address() as AddressInfo
    return launchFirefox(prefs, {
      executablePath: program,
      debuggingPort: port,
      acceptInsecureCerts: true,
    })
  }

  close(): void {
    this.holder.stdin!.end()
  }

  /** What runs a command in the place. */
  get enter(): string[] {
    return ['nsenter', `--net=${this.path}`, '--']
  }

  private get path(): string {
    return `/proc/${this.holder.pid}/ns/net`
  }

  private inside(...command: string[]): string {
    return run('nsenter', `--net=${this.path}`, ...command)
  }
}
