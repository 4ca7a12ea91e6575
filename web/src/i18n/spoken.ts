/** Sentences in the language of the page. French ones are at hand; English ones are loaded. */
import { computed, effect, signal, type ReadonlySignal } from '@preact/signals'
import { language } from './language'

export interface Spoken<Catalogue> {
  /** In French until the others have come; a component that reads it follows the language. */
  readonly words: ReadonlySignal<Catalogue>
  provide(english: Catalogue): void
}

export function spoken<Catalogue>(
  french: Catalogue,
  load: () => Promise<Catalogue>,
): Spoken<Catalogue> {
  const english = signal<Catalogue>()
  const provide = (catalogue: Catalogue) => void (english.value = catalogue)
  effect(() => {
    if (language.value === 'en' && !english.peek()) load().then(provide, () => {}) // French stays
  })
  return { words: computed(() => (language.value === 'en' && english.value) || french), provide }
}
