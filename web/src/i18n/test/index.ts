/** The sentences of the connection test, which is loaded when somebody asks for it. */
import { spoken } from '../spoken'
import { fr, type Catalogue } from './fr'

export type { Catalogue }

export const { words: testWords, provide } = spoken<Catalogue>(
  fr,
  async () => (await import('./en')).en,
)
