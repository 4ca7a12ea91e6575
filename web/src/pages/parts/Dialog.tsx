import type { ComponentChildren } from 'preact'
import { useId, useLayoutEffect, useRef } from 'preact/hooks'
import { words } from '../../i18n'
import { Icon } from './icons'

type DialogProps = {
  title: string
  onClose: () => void
  /** A question is closed by its answers; anything else also by a cross and a touch outside. */
  question?: boolean
  children: ComponentChildren
}

/** What had the focus before the first of dialogs that open one another. */
let opener: HTMLElement | undefined

/**
 * A modal dialog. The browser keeps the focus inside and closes it with Escape; the opener gets the
 * focus back, or the page's title where the opener is gone. The dialog's own title has it at first:
 * a dialog may appear while somebody types, and a key must not close it.
 */
export function Dialog({ title, onClose, question = false, children }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null)
  const heading = useRef<HTMLHeadingElement>(null)
  const titleId = useId()

  // Before anything else is typed: the focus is inside as soon as the dialog is seen.
  useLayoutEffect(() => {
    const before = document.activeElement as HTMLElement
    // the dialog that has opened this one may be gone already, and the focus with it
    if (before !== document.body && !before.closest('dialog')) opener = before
    const to = opener
    dialog.current?.showModal()
    if (!question) heading.current?.focus()
    // Once the dialog is out of the page: until then nothing else takes the focus.
    return () =>
      queueMicrotask(() =>
        (to?.isConnected ? to : document.querySelector<HTMLElement>('h1'))?.focus(),
      )
  }, [])

  const closeFromOutside = (event: MouseEvent) => {
    if (!question && event.target === dialog.current) onClose()
  }

  // A dialog may stand in a form of the page: a choice made in it must not send that form off.
  const keepForm = (event: KeyboardEvent) => {
    if (event.key === 'Enter' && event.target instanceof HTMLInputElement) event.preventDefault()
  }
  return (
    <dialog
      ref={dialog}
      class="dialog"
      aria-labelledby={titleId}
      onClose={onClose}
      onClick={closeFromOutside}
      onKeyDown={keepForm}
    >
      <div class="dialog-body">
        <div class="dialog-head">
          <h2 id={titleId} ref={heading} tabIndex={question ? undefined : -1}>
            {title}
          </h2>
          {!question && (
            <button
              type="button"
              class="button button--quiet button--icon"
              aria-label={words.value.actions.close}
              onClick={onClose}
            >
              <Icon name="close" />
            </button>
          )}
        </div>
        {children}
      </div>
    </dialog>
  )
}

type QuestionProps = {
  title: string
  text: string
  yes: string
  no: string
  onYes: () => void
  onNo: () => void
  children?: ComponentChildren
}

/** Asks once before something that cannot be undone with a tap. */
export function Question({ title, text, yes, no, onYes, onNo, children }: QuestionProps) {
  return (
    <Dialog title={title} onClose={onNo} question>
      <p>{text}</p>
      <div class="actions">
        <button type="button" class="button button--danger" onClick={onYes}>
          {yes}
        </button>
        <button type="button" class="button" onClick={onNo}>
          {no}
        </button>
        {children}
      </div>
    </Dialog>
  )
}
