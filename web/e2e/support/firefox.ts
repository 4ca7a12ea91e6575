import puppeteer, { type Browser, type LaunchOptions } from 'puppeteer-core'

/** Firefox ESR with devices that need no asking, and whatever else a test wants of it. */
export function launchFirefox(
  prefs: Record<string, unknown> = {},
  options: LaunchOptions = {},
): Promise<Browser> {
  return puppeteer.launch({
    browser: 'firefox',
    executablePath: '/usr/bin/firefox-esr',
    headless: true,
    extraPrefsFirefox: {
      'intl.accept_languages': 'fr-FR',
      'media.navigator.streams.fake': true,
      'media.navigator.permission.disabled': true,
      'media.peerconnection.ice.obfuscate_host_addresses': false,
      // without a sound card its AudioContext would stay suspended
      'media.cubeb.force_mock_context': true,
      'media.autoplay.default': 0,
      'media.autoplay.block-webaudio': false,
      ...prefs,
    },
    ...options,
  })
}
