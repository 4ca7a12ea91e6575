/** Without accents. */
const bare = (name: string): string => `${name}`.normalize('NFD').replace(/\p{M}/gu, '')
/** « de » before a name: it loses its vowel before another. */
export const de = (name: string): string =>
  /^[aeiouyhœæ]/i.test(bare(name)) ? `d’${name}` : `de ${name}`
