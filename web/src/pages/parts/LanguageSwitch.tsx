import { chooseLanguage, language, languages } from '../../i18n'

/**
 * One button for each other language, in that language: it is read by somebody who does not
 * understand this one. Without keys: the one that was pressed stays, and keeps the focus.
 */
export function LanguageSwitch() {
  return (
    <>
      {languages
        .filter(({ code }) => code !== language.value)
        .map(({ code, name }) => (
          <button
            type="button"
            class="button button--quiet"
            lang={code}
            onClick={() => chooseLanguage(code)}
          >
            {name}
          </button>
        ))}
    </>
  )
}
