/** The sentences of the connection test, which is loaded when somebody asks for it. */
import { computed } from '@preact/signals'
import { language, type Language } from '../language'
import { en } from './en'
import { fr, type Catalogue } from './fr'

export type { Catalogue }

const catalogues: Record<Language, Catalogue> = { fr, en }

export const testWords = computed(() => catalogues[language.value])
