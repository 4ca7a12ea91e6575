import { language } from './language'

/** The first of a month is « 1er » in French, which Intl does not know. */
export const withFirst = (text: string): string =>
  language.value === 'fr' ? text.replace(/(^|\s)1(?=\s\p{L})/u, '$11er') : text
