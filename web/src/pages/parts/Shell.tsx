import type { ComponentChildren } from 'preact'
import { Brand } from './icons'
import { LanguageSwitch } from './LanguageSwitch'

/** The frame of the pages that are read: lobby, waiting room, goodbye. */
export function Shell({
  children,
  banner,
}: {
  children: ComponentChildren
  banner?: ComponentChildren
}) {
  return (
    <div class="reading">
      <header class="reading-head">
        <Brand />
        <LanguageSwitch />
      </header>
      <main class="reading-main">
        {banner}
        <div class="card">{children}</div>
      </main>
    </div>
  )
}
