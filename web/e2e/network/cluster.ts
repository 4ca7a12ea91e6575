import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { makeCertificate } from './certificate'

const secretIn = (folder: string) => join(folder, 'secret')

/** The certificate and the secret of several servers; returns the certificate's pin. */
export function prepareCluster(folder: string, addresses: readonly string[]): string {
  writeFileSync(secretIn(folder), randomBytes(32).toString('hex') + '\n', { mode: 0o600 })
  process.env.DRAILLE_SECRET_FILE = secretIn(folder) // for `draille invite`, too
  return makeCertificate(folder, addresses)
}

/** What one of several servers is started with; the first one's address is that of all. */
export function clusterFlags(folder: string, addresses: readonly string[], i: number): string[] {
  const host = addresses[i]!
  return [
    `--listen=${host}:443`,
    `--public-url=https://${addresses[0]}`,
    '--tls.mode=files',
    `--tls.cert=${folder}/cert.pem`,
    `--tls.key=${folder}/key.pem`,
    `--udp-listen=${host}:3478`,
    `--turn.tcp-listen=${host}:3478`,
    `--public-address=${host}`,
    '--practice.enabled=false',
    `--secret-file=${secretIn(folder)}`,
    `--cluster.node=n${i + 1}`,
    `--cluster.listen=${host}:7420`,
    `--cluster.keepers=${addresses.map((at, j) => `n${j + 1}=${at}:7422`).join(',')}`,
    `--cluster.doors=${addresses.join(',')}`,
  ]
}
