// Bundles the driver, which node runs, and the script that runs in the page: `node e2e/thinlink/build.mjs FOLDER`.
import { resolve } from 'node:path'
import { build } from 'vite'

const outDir = resolve(process.argv[2])
const from = (file) => resolve(import.meta.dirname, file)
const common = { configFile: false, root: import.meta.dirname, logLevel: 'warn', publicDir: false }

await build({
  ...common,
  build: { outDir, emptyOutDir: true, target: 'chrome120', minify: false, lib: { entry: from('page/index.ts'), formats: ['iife'], name: 'thinlinkPage', fileName: () => 'page.js' } },
})
await build({
  ...common,
  build: { outDir, emptyOutDir: false, target: 'node20', minify: false, ssr: from('driver.ts'), rollupOptions: { output: { entryFileNames: 'driver.mjs' } } },
})
