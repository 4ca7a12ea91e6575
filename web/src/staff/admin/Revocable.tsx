import { useState } from 'preact/hooks'
import { Question } from '../../pages/parts/Dialog'
import { useDoing } from '../parts/doing'
import { ProblemNote } from '../parts/Problem'
import { remove } from '../request'

type Item = { id: string; name: string; revokedAt: number }

type RevocableProps<T extends Item> = {
  path: string // of the list
  items: readonly T[]
  again: () => Promise<void>
  mark?: (item: T) => string
  state: (item: T) => string // of one that is not revoked
  sentences: Record<
    'revoke' | 'revoked' | 'revokeTitle' | 'revokeText' | 'yesRevoke' | 'noRevoke',
    string
  >
}

/** What has a key of its own, each until it is revoked: at once, after one question. */
export function Revocable<T extends Item>(props: RevocableProps<T>) {
  const { path, items, again, mark, state, sentences } = props
  const [leaving, setLeaving] = useState<T>()
  const { problem, run } = useDoing()
  const revoke = ({ id }: T) => {
    setLeaving(undefined)
    void run(async () => {
      await remove(`${path}/${id}`)
      await again()
    })
  }
  return (
    <>
      <ProblemNote problem={problem} />
      <ul class="lines-list">
        {items.map((item) => (
          <li key={item.id} class="participant">
            <div>
              <strong>{item.name}</strong> {mark && <span class="chip">{mark(item)}</span>}
              <p class="soft">{item.revokedAt ? sentences.revoked : state(item)}</p>
            </div>
            {!item.revokedAt && (
              <button type="button" class="button" onClick={() => setLeaving(item)}>
                {sentences.revoke}
                <span class="unseen"> : {item.name}</span>
              </button>
            )}
          </li>
        ))}
      </ul>
      {leaving && (
        <Question
          title={sentences.revokeTitle}
          text={sentences.revokeText}
          yes={sentences.yesRevoke}
          no={sentences.noRevoke}
          onYes={() => revoke(leaving)}
          onNo={() => setLeaving(undefined)}
        />
      )}
    </>
  )
}
