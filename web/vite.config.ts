import { createHash } from 'node:crypto'
import { defineConfig, type Plugin } from 'vite'

/**
 * Names in the HTML what the entry imports later, so that nothing is asked for only after something else has come: each
 * such step costs a round trip. And the build, by which a page out of a cache knows that it is old.
 */
function wholePage(): Plugin {
  return {
    name: 'draille-whole-page',
    apply: 'build',
    transformIndexHtml: {
      order: 'post',
      handler(html, { bundle }) {
        const later = Object.values(bundle ?? {}).flatMap((file) => (file.type === 'chunk' && !file.isEntry ? [file.fileName] : []))
        const build = createHash('sha256').update(html + later.sort().join()).digest('base64url').slice(0, 12)
        return [
          ...later.map((name) => ({ tag: 'link', injectTo: 'head' as const, attrs: { rel: 'modulepreload', crossorigin: true, href: `/${name}` } })),
          { tag: 'meta', injectTo: 'head', attrs: { name: 'build', content: build } },
        ]
      },
    },
  }
}

// Old tablets stay in use for years in nursing homes: iPadOS 15.4 is the oldest that can hold a call.
export default defineConfig({
  root: import.meta.dirname,
  plugins: [wholePage()],
  build: {
    target: ['es2022', 'safari15.4', 'chrome105', 'firefox117'],
    outDir: 'dist',
    emptyOutDir: true,
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0, // data: URLs would need holes in the Content-Security-Policy
  },
})
