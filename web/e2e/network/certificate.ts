import { execFileSync } from 'node:child_process'
import { X509Certificate, createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Makes a certificate for some names, cert.pem and key.pem in the folder, and returns the pin by
 * which Chromium trusts it, wherever it meets it: on the page, the websocket and the relay.
 */
export function makeCertificate(folder: string, hosts: readonly string[]): string {
  const goroot = execFileSync('go', ['env', 'GOROOT']).toString().trim()
  const generate = join(goroot, 'src/crypto/tls/generate_cert.go')
  execFileSync('go', ['run', generate, '--host', hosts.join(','), '--ecdsa-curve', 'P256'], {
    cwd: folder,
  })
  const { publicKey } = new X509Certificate(readFileSync(join(folder, 'cert.pem')))
  return createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('base64')
}
