import { talk } from '../desk/begin'
import { useDoing } from '../parts/doing'
import { ProblemNote } from '../parts/Problem'
import { Refused } from '../request'
import { to } from '../route'
import { words } from '../words'
import { calls, later } from './calls'

/** Somebody calls: said on every page, by name and without the patient's. */
export function CallNote() {
  return (
    <div role="alert" class="calls">
      {calls.value.map(({ id, calling }) => (
        <Calling key={id} id={id} who={calling} />
      ))}
    </div>
  )
}

function Calling({ id, who }: { id: string; who: string }) {
  const { talk: sentences } = words.value.opinion
  const { join, busy, problem } = useJoining(id)
  return (
    <div class="banner banner--waits">
      <p class="banner-words">{sentences.about(who)}</p>
      <div class="actions actions--row">
        <button type="button" class="button button--primary" aria-disabled={busy} onClick={join}>
          {sentences.join}
        </button>
        <a class="button" href={to('opinions', id)}>
          {sentences.see}
        </a>
        <button type="button" class="button button--quiet" onClick={() => later(id)}>
          {sentences.later}
        </button>
      </div>
      <ProblemNote problem={problem} />
    </div>
  )
}

/** Into the call about an opinion, which is made if it is not there. */
export function useJoining(id: string) {
  const { busy, problem, run } = useDoing()
  const join = () =>
    void run(async () => {
      const trouble = await talk(id)
      if (trouble) throw new Refused(trouble)
      later(id)
    })
  return { busy, problem, join }
}
