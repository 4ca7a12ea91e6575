let attempts = 0

/**
 * Loads what is needed only now and then. A browser may remember for as long as the page is open
 * that a file did not come: Firefox does. Under another address it is another file to it; the
 * browsers that name the address of the failure get the file that way. `other` loads the module at
 * an address. Fails when it cannot be had now.
 */
export async function importWithRetry<T>(
  module: () => Promise<T>,
  other: (address: string) => Promise<T> = (address) => import(/* @vite-ignore */ address),
): Promise<T> {
  try {
    return await module()
  } catch (error) {
    const [address] = /https?:\/\/[^\s?]+/.exec(String(error)) ?? []
    if (!address) throw error
    return other(`${address}?${++attempts}`)
  }
}
