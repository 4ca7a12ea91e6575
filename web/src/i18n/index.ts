/** The sentences of the page, in its language. */
import { fr, type Catalogue } from './fr'
import { spoken } from './spoken'

export * from './language'
export type { Catalogue }

export const { words, provide } = spoken<Catalogue>(fr, async () => (await import('./en')).en)
