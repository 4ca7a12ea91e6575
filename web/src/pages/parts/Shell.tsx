import type { ComponentChildren } from 'preact'
import { HouseFoot } from './house'
import { useMedia } from './hooks'
import { Brand, Icon } from './icons'
import { LanguageSwitch } from './LanguageSwitch'

/** Where somebody has come from: in words, and how they get back there. */
export type WayBack = { readonly words: string; go: () => void }

/** The frame of the pages that are read: lobby, waiting room, goodbye. */
export function Shell({
  children,
  banner,
  back,
}: {
  children: ComponentChildren
  banner?: ComponentChildren
  back?: WayBack
}) {
  const dark = useMedia('(prefers-color-scheme: dark)')
  return (
    <div class={dark ? 'reading dark' : 'reading'}>
      <header class="reading-head">
        <Brand />
        {back && (
          <button type="button" class="button" onClick={back.go}>
            <Icon name="back" />
            {back.words}
          </button>
        )}
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
