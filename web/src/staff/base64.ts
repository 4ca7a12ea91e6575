/** Base64url (RFC 4648 §5), which WebAuthn speaks, without padding. */
export function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  const plain = atob(text.replaceAll('-', '+').replaceAll('_', '/'))
  return Uint8Array.from(plain, (character) => character.charCodeAt(0))
}

export const textOf = (bytes: ArrayBuffer) =>
  plainTextOf(bytes).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')

/** Base64 (RFC 4648 §4), with padding. */
export const plainTextOf = (bytes: ArrayBuffer) =>
  btoa(String.fromCharCode(...new Uint8Array(bytes)))
