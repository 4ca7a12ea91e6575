import { useState } from 'preact/hooks'
import type { Call } from '../../engine/api'
import { importWithRetry } from '../../engine/importWithRetry'
import { words } from '../../i18n'

type Test = typeof import('../test/ConnectionTest').ConnectionTest

/** Loads the connection test when it is asked for, and shows it. */
export function TestConnection({ call }: { call: Call }) {
  const { actions, lobby } = words.value
  const [test, setTest] = useState<{ Show: Test }>()
  const [state, setState] = useState<'closed' | 'loading' | 'open' | 'failed'>('closed')

  const open = async () => {
    setState('loading')
    try {
      const { ConnectionTest } = await importWithRetry(() => import('../test/ConnectionTest'))
      setTest({ Show: ConnectionTest })
      setState('open')
    } catch {
      setState('failed')
    }
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
      {state === 'failed' && <p role="alert">{lobby.testMissing}</p>}
      {state === 'open' && test && (
        <test.Show
          call={call}
          onClose={() => setState('closed')}
          onMissing={() => setState('failed')}
        />
      )}
    </>
  )
}
