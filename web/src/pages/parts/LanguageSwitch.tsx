import { chooseLanguage, language, languages } from '../../i18n'

/**
 * One button for each other language, in that language: it is read by somebody who does not
 * understand this one.
 */
export function LanguageSwitch() {
  return (
    <>
      {languages
        .filter(({ code }) => code !== language.value)
        .map(({ code, name }) => (
          <button
            key={code}
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
