import { useState } from 'preact/hooks'
import { ProblemNote } from '../parts/Problem'
import { useDoing } from '../parts/doing'
import { remove } from '../request'
import { words } from '../words'

type EraseProps = {
  path: string // of the thread
  message: string
  about?: string // to tell its button from the others
  again: () => Promise<void>
}

/** Takes a message's text from everybody, by a second touch: it does not come back. */
export function Erase({ path, message, about, again }: EraseProps) {
  const { thread } = words.value
  const { busy, problem, run } = useDoing()
  const [sure, setSure] = useState(false)
  const erase = () =>
    run(async () => {
      await remove(`${path}/messages/${encodeURIComponent(message)}`)
      await again()
    })
  return (
    <>
      <button
        type="button"
        class={about ? 'button' : 'button button--quiet'}
        aria-disabled={busy}
        onClick={() => (sure ? void erase() : setSure(true))}
      >
        {sure ? thread.deleteSurely : thread.delete}
        {about && <span class="unseen"> : {about}</span>}
      </button>
      <ProblemNote problem={problem} />
    </>
  )
}
