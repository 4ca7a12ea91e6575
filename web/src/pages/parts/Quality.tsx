import type { QualityLevel } from '../../engine/api'
import { words } from '../../i18n'
import { Icon } from './icons'

const bars = { good: 'bars', fair: 'bars2', weak: 'bars1' } as const

/**
 * How good somebody is seen and heard: bars and a word, so that neither colour nor size alone tells
 * it.
 */
export function Quality({
  level,
  small = false,
}: {
  level: QualityLevel | undefined
  small?: boolean
}) {
  if (!level) return null
  return (
    <span class={`quality quality--${level}`}>
      <Icon name={bars[level]} />
      <span class={small ? 'unseen' : undefined}>{words.value.tile.quality[level]}</span>
    </span>
  )
}
