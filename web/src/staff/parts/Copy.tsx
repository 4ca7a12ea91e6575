import { useState } from 'preact/hooks'
import { words } from '../words'

/** Copies what is shown, and says that it has. */
export function Copy({ text }: { text: string }) {
  const { common } = words.value
  const [copied, setCopied] = useState('')
  const copy = () =>
    void navigator.clipboard?.writeText(text).then(
      () => setCopied(text),
      () => {}, // refused by the browser: it is there to be read
    )
  return (
    <>
      <button type="button" class="button" onClick={copy}>
        {common.actions.copy}
      </button>
      {copied === text && <span> {common.copied}</span>}
    </>
  )
}
