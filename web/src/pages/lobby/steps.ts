/** The lobby: one thing a screen, in this order. */
export const steps = ['name', 'permission', 'see', 'speak', 'hear', 'ready'] as const
export type Step = (typeof steps)[number]

/** What decides which steps somebody meets. */
export type Way = {
  video: boolean // false: « Continuer sans vidéo », there is nothing to see
  allowed: boolean // camera and microphone are open: there is nothing to ask
}

function path(way: Way): Step[] {
  return steps.filter(
    (step) => (step !== 'see' || way.video) && (step !== 'permission' || !way.allowed),
  )
}

/** The step after this one; the last one has none. */
export function stepAfter(step: Step, way: Way): Step {
  return path(way).find((other) => steps.indexOf(other) > steps.indexOf(step)) ?? 'ready'
}

/** The step before this one, if any. */
export function stepBefore(step: Step, way: Way): Step | undefined {
  return path(way)
    .filter((other) => steps.indexOf(other) < steps.indexOf(step))
    .pop()
}
