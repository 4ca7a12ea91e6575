import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import puppeteer, { type Browser, type LaunchOptions, type Page } from 'puppeteer-core'

/**
 * A sound card: Firefox's AudioContext stays suspended on a machine that has none. It is a sound
 * server of its own, whose sink plays to nobody, and it ends by itself when nobody is left.
 */
function soundCard(): { server: string; close: () => void } {
  const folder = mkdtempSync(join(tmpdir(), 'draille-sound-'))
  const socket = join(folder, 'socket')
  const protocol = `module-native-protocol-unix socket=${socket} auth-anonymous=1`
  const modules = ['module-null-sink', protocol]
  // The command returns when the server listens.
  execFileSync(
    'pulseaudio',
    [
      ...['-n', '--daemonize=yes', '--exit-idle-time=60', '--disable-shm=yes'],
      ...['--log-level=error', ...modules.map((module) => `--load=${module}`)],
    ],
    { env: { ...process.env, HOME: folder, XDG_RUNTIME_DIR: folder }, stdio: 'ignore' },
  )
  const pid = Number(readFileSync(join(folder, 'pulse', 'pid'), 'utf8'))
  return {
    server: `unix:${socket}`,
    close: () => {
      try {
        process.kill(pid)
      } catch {
        // it has ended
      }
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Firefox ESR with devices that need no asking, and whatever else a test wants of it. */
export async function launchFirefox(
  prefs: Record<string, unknown> = {},
  options: LaunchOptions = {},
): Promise<Browser> {
  const card = soundCard()
  const firefox = await puppeteer.launch({
    browser: 'firefox',
    executablePath: '/usr/bin/firefox-esr',
    headless: true,
    extraPrefsFirefox: {
      'intl.accept_languages': 'fr-FR',
      'media.navigator.streams.fake': true,
      'media.navigator.permission.disabled': true,
      'media.peerconnection.ice.obfuscate_host_addresses': false,
      'media.autoplay.default': 0,
      'media.autoplay.block-webaudio': false,
      ...prefs,
    },
    ...options,
    env: { ...process.env, ...options.env, PULSE_SERVER: card.server },
  })
  firefox.once('disconnected', card.close)
  return firefox
}

/**
 * Where an element of a page is, awaited for at most `patience` milliseconds. Puppeteer would also
 * wait until it is enabled, with a function made from text; Firefox holds that to the content
 * security policy of the page, which forbids it, and the policy stays as people meet it. A press
 * waits until the element is seen and stands still.
 */
export const locate = (page: Page, selector: string, patience: number) =>
  page.locator(selector).setTimeout(patience).setWaitForEnabled(false)

/** The button of that accessible name. */
export const button = (page: Page, name: string, patience = 15_000) =>
  locate(page, `::-p-aria([name="${name}"][role="button"])`, patience)
