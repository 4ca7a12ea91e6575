import { clock, ownZone } from '../dates'
import type { Problem } from '../request'
import { words } from '../words'

/** What went wrong, in words, and what to do; the server's own words for whoever looks after it. */
export function ProblemNote({ problem, onRetry }: { problem?: Problem; onRetry?: () => void }) {
  const { common, problems, sign } = words.value
  return (
    <div role="alert">
      {problem && (
        <div class="trouble">
          <p class="trouble-words">{problems[problem.code] ?? problems.internal}</p>
          {!!problem.retryAt && <p>{sign.until(clock(problem.retryAt, ownZone))}</p>}
          {explained.has(problem.code) && (
            <p class="soft" lang="en">
              {problem.message}
            </p>
          )}
          {problem.reference && <p class="soft">{common.reference(problem.reference)}</p>}
          {onRetry && (
            <button type="button" class="button" onClick={onRetry}>
              {common.actions.retry}
            </button>
          )}
        </div>
      )}
    </div>
  )
}

/** Codes whose message says more than their words can: which value, and what was expected. */
const explained = new Set<Problem['code']>(['invalid', 'malformed', 'provider-wrong', 'internal'])
