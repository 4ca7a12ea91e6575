import { createHash } from 'node:crypto'
import { defineConfig, type Plugin } from 'vite'

/**
 * Names in the HTML what the entry imports at once, so that nothing is asked for only after
 * something else has come: each such step costs a round trip. What is loaded on demand is not
 * named. And the build, by which a page out of a cache knows that it is old.
 */
function wholePage(): Plugin {
  return {
    name: 'draille-whole-page',
    apply: 'build',
    transformIndexHtml: {
      order: 'post',
      handler(html, { bundle }) {
        const chunks = Object.values(bundle ?? {}).filter((file) => file.type === 'chunk')
        const ofPages = (id: string) => id.endsWith('/src/main.tsx')
        const pages = chunks.find((chunk) => chunk.moduleIds.some(ofPages))
        const later = pages
          ? [pages.fileName, ...pages.imports].filter(
              (name) => !chunks.some((chunk) => chunk.isEntry && chunk.fileName === name),
            )
          : []
        const all = chunks.map((chunk) => chunk.fileName).sort()
        const build = createHash('sha256')
          .update(html + all.join())
          .digest('base64url')
          .slice(0, 12)
        return [
          ...later.map((name) => ({
            tag: 'link',
            injectTo: 'head' as const,
            attrs: { rel: 'modulepreload', crossorigin: true, href: `/${name}` },
          })),
          { tag: 'meta', injectTo: 'head', attrs: { name: 'build', content: build } },
        ]
      },
    },
  }
}

/**
 * Vite's own helper for what is loaded on demand also preloads scripts, which nothing here does,
 * and weighs several times as much. A style sheet of the module is waited for, unless it is there.
 */
function styleSheets(): Plugin {
  return {
    name: 'draille-style-sheets',
    apply: 'build',
    enforce: 'pre',
    load: (id) =>
      id === '\0vite/preload-helper.js'
        ? `export const __vitePreload = (module, sheets = []) =>
            Promise.all(sheets.map((sheet) =>
              document.querySelector('link[href="/' + sheet + '"]') ||
              new Promise((loaded, failed) => {
                const link = document.createElement('link')
                Object.assign(link, { rel: 'stylesheet', href: '/' + sheet, onload: loaded,
                  onerror: () => failed(new Error('a style sheet is missing')) })
                document.head.append(link)
              }))).then(() => module())`
        : undefined,
  }
}

/** The staff's pages lie in a folder of their own: a patient's browser never asks for them. */
const ofStaff = (names: readonly (string | null)[]) =>
  names.some((name) => name?.replaceAll('\\', '/').includes('src/staff/'))

/** Their styles; those of a thread are needed beside the staff's calls, too. */
const staffStyles = /^(staffPages|Conversation)\.css$/

/** Styles of what comes late, beside the call and after it. */
const laterStyles = /^(later|Satisfaction)\.css$/

/** Photos in a call, and how pictures are drawn, which the staff's opinions do, too. */
const ofPhoto = (id: string) => /src\/(pages\/photo|picture)\//.test(id)

/** The modules of a call's pages: not what its beginning needs, nor what is asked for later. */
const ofCall = (id: string) =>
  /node_modules\/(@preact\/signals|preact)\/|src\/(main\.tsx|i18n|pages)/.test(id) &&
  !/src\/i18n\/(language|aside|help|test|en)/.test(id) &&
  !/src\/pages\/(address|help|later|mode\/|photo\/|test|testing|parts\/storage)/.test(id)

/** What a patient's page loads when it is first opened, or late: in no patient's first minute. */
const ofLater = (id: string) =>
  /src\/(engine\/(check\/|debug)|link\/later\/)/.test(id) ||
  /src\/(pages\/(help|later|mode|test)|i18n\/(aside|help|test))\//.test(id)

// Old tablets stay in use for years in nursing homes: iPadOS 15.4 is the oldest that can hold a
// call.
export default defineConfig({
  root: import.meta.dirname,
  plugins: [styleSheets(), wholePage()],
  build: {
    target: ['es2022', 'safari15.4', 'chrome105', 'firefox117'],
    minify: 'terser', // nearly a kilobyte less of a patient's first page than by Vite's own
    terserOptions: { compress: { passes: 3 } },
    outDir: 'dist',
    emptyOutDir: true,
    // What is loaded on demand needs nothing that is not there yet. Links that say so would only
    // harm: Firefox reports one to a script that runs already as failed.
    modulePreload: false,
    rolldownOptions: {
      output: {
        chunkFileNames: ({ moduleIds }) => {
          const later = moduleIds.length > 0 && moduleIds.every(ofLater)
          const photo = moduleIds.length > 0 && moduleIds.every(ofPhoto)
          const folder = ofStaff(moduleIds) ? 'staff/' : later ? 'later/' : photo ? 'photo/' : ''
          return `assets/${folder}[name]-[hash].js`
        },
        assetFileNames: ({ names }) => {
          const are = (styles: RegExp) => names.some((name) => styles.test(name))
          const photo = are(/^photo\.css$/) ? 'photo/' : ''
          const folder = are(staffStyles) ? 'staff/' : are(laterStyles) ? 'later/' : photo
          return `assets/${folder}[name]-[hash][extname]`
        },
        // What the pages of a call share with the staff's stays in one file: each further one costs
        // a thin link some bytes, and an old tablet some time.
        codeSplitting: {
          includeDependenciesRecursively: false,
          // No group for what is loaded on demand: a file that holds two such modules renames what
          // they export, and importWithRetry could not tell what came from another address.
          groups: [{ name: 'pages', test: ofCall }],
        },
      },
    },
    assetsInlineLimit: 0, // data: URLs would need holes in the Content-Security-Policy
  },
})
