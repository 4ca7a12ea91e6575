import { defineConfig } from 'vite'

// Old tablets stay in use for years in nursing homes: iPadOS 15.4 is the oldest that can hold a call.
export default defineConfig({
  root: import.meta.dirname,
  build: {
    target: ['es2022', 'safari15.4', 'chrome105', 'firefox117'],
    outDir: 'dist',
    emptyOutDir: true,
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0, // data: URLs would need holes in the Content-Security-Policy
  },
})
