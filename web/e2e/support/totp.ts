import { createHmac } from 'node:crypto'

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567' // RFC 4648 §6

/** The code that an authenticator shows (RFC 6238: SHA-1, 30 s, 6 digits). */
export function codeOf(secret: string, now = Date.now()): string {
  let bits = ''
  for (const letter of secret.replace(/[^A-Z2-7]/g, ''))
    bits += alphabet.indexOf(letter).toString(2).padStart(5, '0')
  const key = Buffer.from(bits.match(/.{8}/g)!.map((byte) => parseInt(byte, 2)))
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(Math.floor(now / 30_000)))
  const mac = createHmac('sha1', key).update(counter).digest()
  const offset = mac.at(-1)! & 0xf
  return String((mac.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, '0')
}
