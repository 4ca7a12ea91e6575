import { defineConfig } from 'vitest/config'

// *.test.* are unit tests; *.spec.ts are Playwright's, with real browsers.
export default defineConfig({
  root: import.meta.dirname,
  test: {
    include: ['src/**/*.test.{ts,tsx}', 'e2e/**/*.test.ts'],
    maxWorkers: 2, // by default one core is left idle, of two
    testTimeout: 30_000, // more than `eventually` waits
    setupFiles: ['src/i18n/testing.ts'],
  },
})
