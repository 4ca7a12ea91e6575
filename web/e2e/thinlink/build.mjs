// Bundles the drivers, which node runs, and the scripts that run in pages: `node
// e2e/thinlink/build.mjs FOLDER`.
import { rm } from 'node:fs/promises'
import { resolve } from 'node:path'
import { build } from 'vite'

const outDir = resolve(process.argv[2])
const from = (file) => resolve(import.meta.dirname, file)
const common = { configFile: false, root: import.meta.dirname, logLevel: 'warn', publicDir: false }
const output = { outDir, emptyOutDir: false, minify: false }

await rm(outDir, { recursive: true, force: true })
for (const [source, name] of [
  ['page/index.ts', 'page'],
  ['page/codecs.ts', 'codecs-page'],
]) {
  await build({
    ...common,
    build: {
      ...output,
      target: 'chrome120',
      lib: {
        entry: from(source),
        formats: ['iife'],
        name: 'thinlinkPage',
        fileName: () => `${name}.js`,
      },
    },
  })
}
for (const name of ['driver', 'codecs']) {
  await build({
    ...common,
    build: {
      ...output,
      target: 'node20',
      ssr: from(`${name}.ts`),
      rollupOptions: { output: { entryFileNames: `${name}.mjs` } },
    },
  })
}
