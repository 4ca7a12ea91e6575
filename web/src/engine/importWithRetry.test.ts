import { expect, test, vi } from 'vitest'
import { importWithRetry } from './importWithRetry'

const fails = (message: string) => () => Promise.reject(new TypeError(message))
const firefox = fails(
  'error loading dynamically imported module: https://visio.example.org/assets/check-BPv61JnZ.js',
)

test('a module that comes is asked for once', async () => {
  const other = vi.fn()
  expect(await importWithRetry(async () => 'module', other)).toBe('module')
  expect(other).not.toHaveBeenCalled()
})

test('after a failure, which is remembered, each attempt has another address', async () => {
  const asked: string[] = []
  const other = async (address: string) => {
    asked.push(address)
    if (asked.length < 2) throw new TypeError('no network')
    return 'module'
  }
  await expect(importWithRetry(firefox, other)).rejects.toThrow('no network')
  expect(await importWithRetry(firefox, other)).toBe('module')
  const addresses = asked.map((address) => new URL(address))
  expect(addresses.map(({ origin, pathname }) => origin + pathname)).toEqual(
    Array(2).fill('https://visio.example.org/assets/check-BPv61JnZ.js'),
  )
  expect(new Set(addresses.map(({ search }) => search)).size).toBe(2)
})

test('a failure that names no address is passed on', async () => {
  const other = vi.fn()
  await expect(importWithRetry(fails('Importing a module script failed.'), other)).rejects.toThrow(
    'Importing',
  )
  expect(other).not.toHaveBeenCalled()
})
