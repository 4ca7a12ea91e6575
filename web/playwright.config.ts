import { defineConfig } from '@playwright/test'
import { chromiumFlags } from './e2e/support/people'

/** What waits for the clock, or goes a way for the second time in another browser. */
const long = /@long/
const offices = /(scenes|practice-(office|opinion|sound|figures|provider|sms|thread))\.spec\.ts/

/**
 * Real browsers against the real binary. One worker: two cores hold one call at a time, and a
 * figure measured beside another test would be that test's figure.
 */
export default defineConfig({
  testDir: 'e2e',
  testMatch: '**/*.spec.ts', // *.test.ts are unit tests, of vitest
  workers: 1,
  timeout: 90_000,
  expect: { timeout: 20_000 },
  forbidOnly: !!process.env.CI,
  reporter: [['list']],
  outputDir: 'test-results',
  use: {
    launchOptions: { executablePath: '/usr/bin/chromium', args: chromiumFlags },
    locale: 'fr-FR',
    viewport: { width: 1024, height: 768 },
    actionTimeout: 20_000,
    trace: 'off', // recording a trace costs more than the call that it records
    screenshot: 'only-on-failure',
  },
  projects: [
    {
      name: 'browsers',
      testIgnore: [/(screenshots|safari|lips|cluster)\.spec\.ts|network\//, offices],
      grepInvert: long,
    },
    // pages that few open, and rarely: make test-offices
    { name: 'offices', testMatch: offices },
    { name: 'long', testIgnore: offices, grep: long }, // make test-offices, too
    // They measure, and take a minute: make test-measured
    { name: 'measured', testMatch: /(lips|cluster)\.spec\.ts/ },
    // They judge a link of their own, as root: make photo
    { name: 'bench', testMatch: /bench\/.*\.bench\.ts/ },
    {
      name: 'safari',
      testMatch: process.env.SAFARI_ALL ? /\.spec\.ts/ : /(consultation|safari)\.spec\.ts/,
      // three pages at once: as in Chromium, unless the whole suite is asked for
      grepInvert: process.env.SAFARI_ALL ? undefined : /third party/,
      // Firefox is no Safari, and practice.spec brings one; an office has computers, and
      // what is loaded weighs the same.
      testIgnore: /(screenshots|firefox|practice(-\w+)?|weight)\.spec\.ts|network\//,
    },
    { name: 'screenshots', testMatch: /screenshots\.spec\.ts/ },
    { name: 'network', testMatch: /network\/.*\.spec\.ts/ },
  ],
})
