/** The sentences of what most people open late or never, loaded with it. */
import { spoken } from '../spoken'
import { fr, type Catalogue } from './fr'

export const { words: asideWords, provide } = spoken<Catalogue>(
  fr,
  async () => (await import('./en')).en,
)
