import { useState } from 'preact/hooks'
import type { Call } from '../../engine/api'
import { words } from '../../i18n'
import { Part } from './Later'

const part = new Part(() => import('../test/ConnectionTest'))

/** Loads the connection test when it is asked for, and shows it. */
export function TestConnection({ call }: { call: Call }) {
  const { actions, later } = words.value
  const Test = part.module.value?.ConnectionTest
  const [state, setState] = useState<'closed' | 'loading' | 'open' | 'failed'>('closed')

  const open = async () => {
    setState('loading')
    await part.load()
    setState(part.failed.peek() ? 'failed' : 'open')
  }
  return (
    <>
      <button
        type="button"
        class="button button--quiet"
        aria-haspopup="dialog"
        aria-disabled={state === 'loading'}
        onClick={() => void open()}
      >
        {actions.testConnection}
      </button>
      {state === 'failed' && <p role="alert">{later.missing}</p>}
      {state === 'open' && Test && (
        <Test
          call={call}
          onClose={() => setState('closed')}
          onMissing={() => setState('failed')}
        />
      )}
    </>
  )
}
