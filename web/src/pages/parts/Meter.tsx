import type { ReadonlySignal } from '@preact/signals'
import { useComputed } from '@preact/signals'

/**
 * How loud the microphone hears its owner, in ten steps: enough to see, and calm for a screen
 * reader.
 */
export function Meter({ level, label }: { level: ReadonlySignal<number>; label: string }) {
  const steps = useComputed(() => Math.round(Math.min(1, Math.max(0, level.value)) * 10))
  return (
    <div
      class="meter"
      role="meter"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={10}
      aria-valuenow={steps.value}
    >
      <div class="meter-fill" style={{ transform: `scaleX(${steps.value / 10})` }} />
    </div>
  )
}
