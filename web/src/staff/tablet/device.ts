/**
 * The key by which a tablet is known: it is made here, cannot be read out of the browser, and is
 * kept over restarts. IndexedDB holds keys as they are; localStorage could not.
 */
import type { Device, DeviceChallenge } from '../api'
import { plainTextOf } from '../base64'
import { post } from '../request'

export type Known = { device: string; key: CryptoKey }

const algorithm = { name: 'ECDSA', namedCurve: 'P-256' }
const database = 'draille-tablet'
const store = 'device'
const entry = 'this'
const trial = 'trial'

/** Storage is forbidden, or full. */
export class KeepsNothing extends Error {}

function open(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(database, 1)
    request.onupgradeneeded = () => request.result.createObjectStore(store)
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })
}

async function transact<T>(
  mode: IDBTransactionMode,
  work: (table: IDBObjectStore) => IDBRequest<T>,
): Promise<T> {
  const db = await open()
  try {
    return await new Promise<T>((resolve, reject) => {
      const transaction = db.transaction(store, mode)
      const request = work(transaction.objectStore(store))
      transaction.oncomplete = () => resolve(request.result)
      transaction.onabort = () => reject(transaction.error)
    })
  } finally {
    db.close()
  }
}

export const known = () =>
  transact('readonly', (table) => table.get(entry) as IDBRequest<Known | undefined>)

export const forget = () => transact('readwrite', (table) => table.delete(entry))

/** Makes a key and has it enrolled; a browser that keeps nothing must not use up the code. */
export async function enrol(code: string): Promise<Known> {
  const pair = await crypto.subtle.generateKey(algorithm, false, ['sign', 'verify'])
  await transact('readwrite', (table) => table.put(pair.privateKey, trial)).catch(() => {
    throw new KeepsNothing()
  })
  await transact('readwrite', (table) => table.delete(trial))
  const publicKey = plainTextOf(await crypto.subtle.exportKey('spki', pair.publicKey))
  const device = await post<Device>('/api/tablet/enrol', { code, publicKey })
  const enrolled = { device: device.id, key: pair.privateKey }
  await transact('readwrite', (table) => table.put(enrolled, entry))
  // Browsers may throw away what a site keeps when space is short, unless they are asked.
  await navigator.storage?.persist?.().catch(() => false)
  return enrolled
}

/** Shows that the key is here; the cookie that comes back lasts a day. */
export async function signIn({ device, key }: Known): Promise<void> {
  const { challenge } = await post<DeviceChallenge>('/api/tablet/sign-in', { device })
  const signature = await crypto.subtle.sign(
    { name: 'ECDSA', hash: 'SHA-256' },
    key,
    new TextEncoder().encode(challenge),
  )
  await post('/api/tablet/sign-in', { device, challenge, signature: plainTextOf(signature) })
}

export function hasKeys(): boolean {
  try {
    return !!indexedDB && !!crypto.subtle
  } catch {
    return false // storage is forbidden, or they are not there
  }
}
