import { execFileSync } from 'node:child_process'
import { Server as Engine } from 'node-hl7-server'
import { freePort } from './server'

/** One message as the record has it. */
type Paper = { event: string; id: string; parent: string; text: string }

/** A hospital's record: a receiver that nobody here wrote, and what it has kept. */
export class HospitalRecord {
  private readonly papers = new Map<string, Paper>()
  readonly events: string[] = []
  private changed = () => {}

  private constructor(
    readonly port: number,
    private readonly inbound: { close(): Promise<boolean> },
  ) {}

  static async start(): Promise<HospitalRecord> {
    const port = await freePort('tcp')
    let take = (_: Paper) => {}
    const inbound = new Engine({ bindAddress: '127.0.0.1' }).createInbound(
      { port },
      async (request, response) => {
        const message = request.getMessage()
        const part = (path: string) => String(message.get(path).toString())
        take({
          event: `${part('MSH.9.1')}^${part('MSH.9.2')}`,
          id: part('TXA.12.1'),
          parent: part('TXA.13.1'),
          text: textOf(Buffer.from(part('OBX.5.5'), 'base64')),
        })
        await response.sendResponse('AA')
      },
    )
    await new Promise<void>((resolve) => inbound.on('listen', () => resolve()))
    const record = new HospitalRecord(port, inbound)
    take = (paper) => record.take(paper)
    return record
  }

  private take(paper: Paper): void {
    this.events.push(paper.event)
    this.papers.delete(paper.parent)
    this.papers.set(paper.id, paper)
    this.changed()
  }

  /** The documents that are there once so many messages have come. */
  async after(messages: number): Promise<Paper[]> {
    while (this.events.length < messages)
      await new Promise<void>((resolve) => (this.changed = resolve))
    return [...this.papers.values()]
  }

  async stop(): Promise<void> {
    await this.inbound.close()
  }
}

/** The words of a PDF, as poppler reads them. */
export function textOf(pdf: Buffer): string {
  return execFileSync('pdftotext', ['-enc', 'UTF-8', '-', '-'], { input: pdf })
    .toString()
    .replace(/\s+/g, ' ')
}
