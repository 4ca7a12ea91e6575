/** The lobby: one thing a screen, in this order. */
export const steps = ['name', 'permission', 'see', 'speak', 'hear', 'ready'] as const
export type Step = (typeof steps)[number]

/** Allowing the camera and seeing oneself are one step to a person, whichever of them is met. */
const numbers: Record<Step, number> = {
  name: 1,
  permission: 2,
  see: 2,
  speak: 3,
  hear: 4,
  ready: 5,
}

/** The number that a person is told: of their own steps. */
export function numberOf(step: Step, { named }: Way): number {
  return numbers[step] - (named ? 1 : 0)
}

/** What decides which steps somebody meets. */
export type Way = {
  video: boolean // false: « Continuer sans vidéo », there is nothing to see
  allowed: boolean // camera and microphone are open: there is nothing to ask
  short?: boolean // one look at the picture is enough
  named?: boolean // the invitation says who it is: staff, or a prepared device
}

function path(way: Way): Step[] {
  return steps.filter((step) => {
    if (step === 'name') return !way.named && !way.short
    if (step === 'permission') return !way.allowed
    return way.short ? step === 'ready' : step !== 'see' || way.video
  })
}

/** The step after this one, or the one reached before; the last one has none. */
export function stepAfter(step: Step, way: Way, reached: Step = step): Step {
  const next = Math.max(steps.indexOf(step) + 1, steps.indexOf(reached))
  return path(way).find((other) => steps.indexOf(other) >= next) ?? 'ready'
}

/** The step before this one, if any. */
export function stepBefore(step: Step, way: Way): Step | undefined {
  return path(way)
    .filter((other) => steps.indexOf(other) < steps.indexOf(step))
    .pop()
}
