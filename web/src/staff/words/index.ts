/** The sentences of the staff's pages, in the language of the page. */
import { computed } from '@preact/signals'
import { language, type Language } from '../../i18n/language'
import { en } from './en'
import { fr, type Catalogue } from './fr'

export type { Catalogue }

const catalogues: Record<Language, Catalogue> = { fr, en }

export const words = computed(() => catalogues[language.value])
