import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { makeCertificate } from './certificate'

const binary = resolve(import.meta.dirname, '../../../bin/draille')

const secretIn = (folder: string) => join(folder, 'secret')

const keepersAt = (addresses: readonly string[]) =>
  `--cluster.keepers=${addresses.map((at, j) => `n${j + 1}=${at}:7422`).join(',')}`

/** Which of several servers leads the register just now: its index. */
export async function leaderOf(folder: string, addresses: readonly string[]): Promise<number> {
  const { stdout } = await promisify(execFile)(binary, [
    'cluster',
    'status',
    `--secret-file=${secretIn(folder)}`,
    '--cluster.node=look',
    keepersAt(addresses),
  ])
  const id = /^n(\d) leads the register/m.exec(stdout)?.[1]
  if (!id) throw new Error(`expected to be told who leads the register, got:\n${stdout}`)
  return Number(id) - 1
}

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
    keepersAt(addresses),
    `--cluster.doors=${addresses.join(',')}`,
  ]
}
