/**
 * fast-check, which draws the same cases at each run: PROPERTY_SEED draws others, PROPERTY_CHECKS
 * sets how many.
 */
import fc from 'fast-check'

fc.configureGlobal({
  seed: Number(process.env['PROPERTY_SEED'] ?? 1),
  numRuns: Number(process.env['PROPERTY_CHECKS'] ?? 100),
})

export { fc }
