/**
 * What goes on in the background of this browser makes way for a call in another of its pages: both
 * use one line, and the voice comes first. Browsers without Web Locks send all the same.
 */
export const callName = 'draille-call'

/** Tells the other pages of a call, until the promise settles. */
export function holdCall(until: Promise<void>): void {
  void navigator.locks?.request(callName, { mode: 'shared' }, () => until)
}

/** Whether a page of this browser is in a call. */
export async function callGoesOn(): Promise<boolean> {
  const held = await navigator.locks?.request(
    callName,
    { ifAvailable: true },
    (lock) => lock === null,
  )
  return held ?? false
}

/** Settles when no page of this browser is in a call, or with the signal. */
export async function callOver(signal: AbortSignal): Promise<void> {
  await navigator.locks?.request(callName, { signal }, () => undefined).catch(() => undefined)
}
