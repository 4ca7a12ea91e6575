/**
 * Pictures that are on their way, so that a reload does not lose them. They lie in the browser's
 * database encrypted; the key is the server's, which gives it to whoever sends the picture.
 */
type Kept = { id: string; at: number; nonce: Uint8Array<ArrayBuffer>; sealed: ArrayBuffer }

const tableName = 'pictures'
/** As long as the server waits for a picture. */
const longest = 7 * 24 * 60 * 60_000 // ms

function open(): Promise<IDBDatabase> {
  const request = indexedDB.open('draille-pictures', 1)
  request.onupgradeneeded = () => request.result.createObjectStore(tableName, { keyPath: 'id' })
  return outcome(request)
}

function outcome<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error ?? new Error('the database has failed'))
  })
}

/** Does something with the table; undefined where the browser keeps nothing. */
async function within<T>(
  mode: IDBTransactionMode,
  does: (table: IDBObjectStore) => IDBRequest<T>,
): Promise<T | undefined> {
  try {
    const database = await open()
    try {
      return await outcome(does(database.transaction(tableName, mode).objectStore(tableName)))
    } finally {
      database.close()
    }
  } catch {
    return undefined
  }
}

/** `text`: base64. */
function keyOf(text: string): Promise<CryptoKey> {
  const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0))
  return crypto.subtle.importKey('raw', bytes, 'AES-GCM', false, ['encrypt', 'decrypt'])
}

export async function keep(id: string, key: string, bytes: Uint8Array<ArrayBuffer>) {
  const nonce = crypto.getRandomValues(new Uint8Array(12))
  const by = { name: 'AES-GCM', iv: nonce }
  const sealed = await crypto.subtle.encrypt(by, await keyOf(key), bytes)
  const row: Kept = { id, at: Date.now(), nonce, sealed }
  await within('readwrite', (table) => table.put(row))
}

/** Whether there is something of a picture, for which its key is worth asking. */
export const isKept = async (id: string) =>
  !!(await within('readonly', (table) => table.count(id)))

export async function kept(id: string, key: string) {
  const row = await within<Kept>('readonly', (table) => table.get(id) as IDBRequest<Kept>)
  if (!row) return undefined
  const of = { name: 'AES-GCM', iv: row.nonce }
  return new Uint8Array(await crypto.subtle.decrypt(of, await keyOf(key), row.sealed))
}

export const forget = (id: string) => within('readwrite', (table) => table.delete(id))

/** Forgets what was never sent. */
export async function prune(now = Date.now()): Promise<void> {
  const rows = await within<Kept[]>('readonly', (table) => table.getAll() as IDBRequest<Kept[]>)
  for (const { id, at } of rows ?? []) if (now - at > longest) await forget(id)
}
