/**
 * What is removed while it has the focus takes the focus with it: whoever has a keyboard or a
 * screen reader would begin again at the top of the page. It goes to the next of its kind, or to
 * the title of what it stood in.
 */

const stops = 'a[href], button, input, select, textarea, [tabindex="0"]'

const nobodyHas = () => document.activeElement === document.body

let keeps = false

/** Keeps the focus in its place, from now on and as long as the page is open. */
export function keepFocus(): void {
  if (keeps) return
  keeps = true
  let held: Element | undefined
  let around: Element[] = [] // what it stands in, the nearest first
  const note = () => {
    if (nobodyHas()) return
    held = document.activeElement!
    around = []
    for (let one = held.parentElement; one; one = one.parentElement) around.push(one)
  }
  // Whoever has touched the page beside it has let it go.
  const left = () => setTimeout(() => held?.isConnected && nobodyHas() && (held = undefined))
  const observer = new MutationObserver((changes) => {
    if (!held || held.isConnected) return
    const gone = held
    const stood = around.filter((one) => one.isConnected)
    held = undefined
    const to = besides(changes, gone) ?? titleOf(stood)
    // Whoever removes it may see to the focus, too, once all is out of the page.
    queueMicrotask(() => nobodyHas() && to?.focus())
  })
  note()
  document.addEventListener('focusin', note)
  document.addEventListener('focusout', left)
  observer.observe(document.body, { childList: true, subtree: true })
}

/** The first stop of what stood after the one that is gone, or before it, if of the same kind. */
function besides(changes: MutationRecord[], gone: Element): HTMLElement | undefined {
  for (const { removedNodes, nextSibling, previousSibling } of changes) {
    const removed = [...removedNodes].find((node) => node !== gone && node.contains(gone))
    for (const one of removed ? [nextSibling, previousSibling] : []) {
      if (one?.nodeName !== removed!.nodeName || !one.isConnected) continue
      const { className } = removed as Element
      const found = (one as Element).querySelector<HTMLElement>(stops)
      if (found && (one as Element).className === className) return found
    }
  }
}

/** The nearest title that may have the focus: of a dialog, a panel, the page. */
function titleOf(stood: Element[]): HTMLElement | null | undefined {
  return stood
    .map((one) => one.querySelector<HTMLElement>(':is(h1, h2)[tabindex="-1"]'))
    .find((title) => title)
}
