import type { ComponentChildren } from 'preact'
import { HouseFoot } from './house'
import { useMedia } from './hooks'
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
  const dark = useMedia('(prefers-color-scheme: dark)')
  return (
    <div class={dark ? 'reading dark' : 'reading'}>
      <header class="reading-head">
        <Brand />
        <LanguageSwitch />
      </header>
      <main class="reading-main">
        {banner}
        <div class="card">{children}</div>
      </main>
      <HouseFoot />
    </div>
  )
}
