import { test as base } from '@playwright/test'
import { Server } from './server'

export { expect } from '@playwright/test'

/**
 * Every test has a server of its own. All share one Chromium, in which everybody has a context of
 * their own.
 */
export const test = base.extend<{ serverFlags: string[]; server: Server }>({
  serverFlags: [[], { option: true }],
  server: async ({ serverFlags }, use) => {
    const server = await Server.start(serverFlags)
    await use(server)
    await server.stop()
  },
})
