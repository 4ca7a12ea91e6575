/** Marks a test that takes long, or waits for the clock: `make test-offices` runs it. */
export const long = { tag: '@long' }
