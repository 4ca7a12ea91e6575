import { language, words } from '../../i18n'

/** What a call has used, in words: a thousand bytes are a kilobyte on every bill. */
export function usedWords(bytes: number): string {
  const { usedLittle, used, usedGigabytes } = words.value.mode
  const megabytes = Math.round(bytes / 1e6)
  if (megabytes < 1) return usedLittle
  if (megabytes < 1000) return used(megabytes)
  return usedGigabytes((bytes / 1e9).toLocaleString(language.value, { maximumFractionDigits: 1 }))
}
