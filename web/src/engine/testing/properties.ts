/**
 * fast-check draws the same cases at each run; VITE_PROPERTY_SEED draws others, and
 * VITE_PROPERTY_CHECKS says how many.
 */
import fc from 'fast-check'

fc.configureGlobal({
  seed: Number(import.meta.env['VITE_PROPERTY_SEED'] ?? 1),
  numRuns: Number(import.meta.env['VITE_PROPERTY_CHECKS'] ?? 100),
})

export { fc }
