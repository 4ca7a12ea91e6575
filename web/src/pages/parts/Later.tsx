import { signal } from '@preact/signals'
import type { ComponentChildren } from 'preact'
import { useEffect } from 'preact/hooks'
import { importWithRetry } from '../../engine/importWithRetry'
import { words } from '../../i18n'

/** A part of the page that has a file of its own, loaded once. */
export class Part<Module> {
  readonly module = signal<Module>()
  readonly failed = signal(false)
  private coming: Promise<void> | undefined

  constructor(private readonly fetched: () => Promise<Module>) {}

  /** Loads the part unless it is here or on its way. Never rejects: `failed` tells. */
  load(): Promise<void> {
    if (this.module.peek()) return Promise.resolve()
    this.coming ??= this.fetch().finally(() => (this.coming = undefined))
    return this.coming
  }

  private async fetch(): Promise<void> {
    this.failed.value = false
    try {
      this.module.value = await importWithRetry(this.fetched)
    } catch {
      this.failed.value = true
    }
  }
}

/** Shows a part when it has come. Says that it comes, and that it has not, with a way to retry. */
export function Later<Module>({
  part,
  children,
}: {
  part: Part<Module>
  children: (module: Module) => ComponentChildren
}) {
  const { actions, later } = words.value
  useEffect(() => {
    void part.load()
    const again = () => void part.load()
    addEventListener('online', again)
    return () => removeEventListener('online', again)
  }, [part])
  const module = part.module.value
  if (module) return <>{children(module)}</>
  if (!part.failed.value) return <p role="status">{later.coming}</p>
  return (
    <>
      <p role="alert">{later.missing}</p>
      <button type="button" class="button" onClick={() => void part.load()}>
        {actions.retry}
      </button>
    </>
  )
}
