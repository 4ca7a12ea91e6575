/** The sentences that help where something was refused, loaded when that has happened. */
import { spoken } from '../spoken'
import { fr, type Catalogue } from './fr'

export const { words: helpWords, provide } = spoken<Catalogue>(
  fr,
  async () => (await import('./en')).en,
)
