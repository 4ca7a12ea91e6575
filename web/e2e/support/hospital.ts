import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from '@playwright/test'
import { Client, Message } from 'node-hl7-client'
import type { Me } from '../../src/staff/api'
import { HospitalRecord } from './record'
import { freePort, type Server } from './server'

const finess = '480000017'

/** A hospital: what sends HL7 v2 messages, and its record. Nobody here wrote them. */
export class Hospital {
  private sent = 0

  private constructor(
    readonly flags: string[],
    private readonly port: number,
    private readonly folder: string,
    readonly record: HospitalRecord,
  ) {}

  static async start(): Promise<Hospital> {
    const port = await freePort('tcp')
    const folder = await mkdtemp(join(tmpdir(), 'draille-hospital-'))
    const sources = join(folder, 'sources.yaml')
    const records = join(folder, 'records.yaml')
    const record = await HospitalRecord.start()
    await writeFile(
      sources,
      `- {name: gam, establishment: "${finess}", networks: [127.0.0.0/8], authority: CHU-X,\n` +
        '   service: Équipe mobile (démonstration)}\n',
    )
    await writeFile(
      records,
      `- {establishment: "${finess}", form: mdm, authority: CHU-X, tls: false,\n` +
        `   server: "127.0.0.1:${record.port}"}\n`,
    )
    const flags = [
      '--practice.demo',
      `--practice.hl7.listen=127.0.0.1:${port}`,
      `--practice.hl7.sources-file=${sources}`,
      `--practice.records-file=${records}`,
    ]
    return new Hospital(flags, port, folder, record)
  }

  /** Gives the demonstration's hospital the number by which its systems are known. */
  async opens(admin: Page, server: Server): Promise<void> {
    const me = (await (await admin.request.get(`${server.url}/api/me`)).json()) as Me
    const house = me.establishments.find(({ name }) => name === 'Hôpital de démonstration')!
    const response = await admin.request.put(`${server.url}/api/establishments/${house.id}`, {
      data: { ...house, finess },
      headers: { Origin: server.url, 'If-Match': `"${house.version}"` },
    })
    if (!response.ok()) throw new Error(await response.text())
  }

  /** Sends messages one after the other; MSA-1 of each answer. */
  async send(...messages: string[][]): Promise<string[]> {
    const answers: string[] = []
    let answered = () => {}
    const connection = new Client({ host: '127.0.0.1' }).createConnection(
      { port: this.port },
      async (response) => {
        answers.push(response.getMessage().get('MSA.1').toString())
        answered()
      },
    )
    await new Promise<void>((resolve) => connection.on('connect', resolve))
    for (const segments of messages) {
      const answer = new Promise<void>((resolve) => (answered = resolve))
      await connection.sendMessage(new Message({ text: segments.join('\r') }))
      await answer
    }
    await connection.close()
    return answers
  }

  /** A message about a patient whose segments follow. */
  message(event: string, ipp: string, name: string, ...more: string[]): string[] {
    const at = stamp(Date.now())
    return [
      `MSH|^~\\&|GAM|CHU-X|DPI|CHU-X|${at}||${event}|E${++this.sent}|P|2.5|||||FRA|UNICODE UTF-8`,
      `EVN||${at}`,
      `PID|1||${ipp}^^^CHU-X^PI||${name}^LOUISE^LOUISE^^^^L||19800101|F`,
      ...more,
    ]
  }

  async stop(): Promise<void> {
    await this.record.stop()
    await rm(this.folder, { recursive: true, force: true })
  }
}

/** A time as HL7 writes it, in UTC. */
export const stamp = (instant: number) =>
  `${new Date(instant).toISOString().replace(/\D/g, '').slice(0, 14)}+0000`
