/** The sentences of the page, in its language. */
import { computed } from '@preact/signals'
import { en } from './en'
import { fr, type Catalogue } from './fr'
import { language, type Language } from './language'

export * from './language'
export type { Catalogue }

const catalogues: Record<Language, Catalogue> = { fr, en }

/**
 * The sentences of the current language; a component that reads it is rendered again when the
 * language changes.
 */
export const words = computed(() => catalogues[language.value])
