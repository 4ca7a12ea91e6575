/**
 * The language of the page: chosen by the address, else remembered, else the browser's; French when
 * in doubt.
 */
import { signal } from '@preact/signals-core'
import { recall, remember } from '../pages/parts/storage'

export type Language = 'fr' | 'en'

const storageKey = 'draille.language'

export const languages: { code: Language; name: string }[] = [
  { code: 'fr', name: 'Français' },
  { code: 'en', name: 'English' },
]

export const language = signal<Language>('fr')

function isLanguage(code: unknown): code is Language {
  return code === 'fr' || code === 'en'
}

/**
 * The first language that we speak among: the address's, the remembered one, the browser's in their
 * order.
 */
export function preferredLanguage(
  asked: string | null,
  remembered: string | null,
  browser: readonly string[],
): Language {
  for (const tag of [asked, remembered, ...browser]) {
    const code = tag?.slice(0, 2).toLowerCase()
    if (isLanguage(code)) return code
  }
  return 'fr'
}

/** Sets the language of the page without remembering it: nobody has chosen it here. */
export function startLanguage(asked: string | null): void {
  speak(preferredLanguage(asked, recall(storageKey), navigator.languages ?? []))
}

/** Changes the language because somebody asked for it, and remembers that. */
export function chooseLanguage(code: Language): void {
  speak(code)
  remember(storageKey, code)
}

function speak(code: Language): void {
  language.value = code
  document.documentElement.lang = code
}
