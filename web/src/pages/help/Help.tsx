import { helpWords } from '../../i18n/help'
import { keepFocus } from '../later/keepFocus'
import { browserKind, systemKind } from './browser'

// Comes with the first trouble, and trouble takes buttons away when it goes.
keepFocus()

/** How to allow in this very browser, or in the device's own settings, what was refused. */
export function Help({ where }: { where: 'browser' | 'system' }) {
  const { browser, system } = helpWords.value
  const { userAgent, maxTouchPoints } = navigator
  const title = { browser, system }[where].title
  const lines =
    where === 'browser'
      ? browser[browserKind(userAgent, maxTouchPoints)]
      : system[systemKind(userAgent, maxTouchPoints)]
  return (
    <>
      <h2>{title}</h2>
      <ol class="help">
        {lines.map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ol>
    </>
  )
}
