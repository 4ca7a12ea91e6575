import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'

/**
 * The title of a page or a step. It takes the focus when it appears, so that a screen reader says
 * where one is.
 */
export function PageTitle({
  children,
  hidden = false,
}: {
  children: ComponentChildren
  hidden?: boolean
}) {
  const title = useRef<HTMLHeadingElement>(null)
  useEffect(() => title.current?.focus({ preventScroll: true }), [])
  return (
    <h1 ref={title} tabIndex={-1} class={hidden ? 'unseen' : 'page-title'}>
      {children}
    </h1>
  )
}
