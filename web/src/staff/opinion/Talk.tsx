import { Icon } from '../../pages/parts/icons'
import type { OpinionLine } from '../api'
import { ProblemNote } from '../parts/Problem'
import { words } from '../words'
import { useJoining } from './CallNote'

/** One tap opens a room for whoever asked and the expert; it is there until both have left. */
export function Talk({ line }: { line: OpinionLine }) {
  const { talk: sentences } = words.value.opinion
  const { busy, problem, join } = useJoining(line.opinion.id)
  if (!line.mayTalk) return null
  const { talk, mine, asker, expert } = line
  const other = mine ? asker : expert
  const says = !talk ? sentences.help : talk.calling ? sentences.calling : sentences.open
  return (
    <section class="panelcard talk" aria-label={sentences.call}>
      <p role="status">{says(other)}</p>
      <button
        type="button"
        class={talk ? 'button button--primary' : 'button'}
        aria-disabled={busy}
        onClick={join}
      >
        <Icon name="camera" />
        {talk ? sentences.join : sentences.call}
      </button>
      <ProblemNote problem={problem} />
    </section>
  )
}
