import { expect, test } from 'vitest'
import * as thresholds from './playoutThresholds'

const files: Record<string, string> = import.meta.glob(
  ['../../../../loadtest/participant/*.go', '!**/*_test.go'],
  { query: '?raw', import: 'default', eager: true },
)
const source = Object.values(files).join('\n')

const units: Record<string, number> = { Millisecond: 1, Second: 1_000 }

/** The value of a constant of the load test's Go code, durations in ms. */
function constant(name: string): number | undefined {
  const line = new RegExp(`^\\s+((?:\\w+, )*${name}(?:, \\w+)*)\\s+= (.*?)(?:\\s*//.*)?$`, 'm')
  const [, names, values] = line.exec(source) ?? []
  if (!names || !values) return undefined
  const value = values.split(', ')[names.split(', ').indexOf(name)] ?? ''
  const [, number, unit] = /^([\d.]+)(?: \* time\.(\w+))?$/.exec(value) ?? []
  return Number(number) * (unit ? units[unit]! : 1)
}

test.each(Object.entries(thresholds))('the load test waits as the page does: %s', (name, value) => {
  expect(constant(name), `${name} in loadtest/participant`).toBe(value)
})
