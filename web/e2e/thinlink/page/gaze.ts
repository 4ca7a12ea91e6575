import type { Slot, Subscription } from '../../../src/protocol/messages'

type Told = { type?: string; participant?: string; subscriptions?: Subscription[]; slots?: Slot[] }

/**
 * What the page looks at, as it tells the server (subscribe), and which section of the connection
 * carries it, as the server answers (slots): read from the messages that go by.
 */
export class Gaze {
  private wants: Subscription[] = []
  private slots: Slot[] = []
  /** Id that the server gave. */
  participant = ''

  sent(text: unknown): void {
    const message = parse(text)
    if (message.type === 'subscribe') this.wants = message.subscriptions ?? []
  }

  received(text: unknown): void {
    const message = parse(text)
    if (message.type === 'welcome') this.participant = message.participant ?? ''
    if (message.type === 'slots') this.slots = message.slots ?? []
  }

  /** Pictures of others that are expected, paused ones too. */
  get others(): number {
    return this.slots.length
  }

  /**
   * MID of the picture looked at: of the highest priority, the largest of several. Undefined: none
   * is carried.
   */
  get main(): string | undefined {
    const [first] = [...this.wants].sort(
      (a, b) => b.priority - a.priority || b.width * b.height - a.width * a.height,
    )
    return this.slots.find(
      (slot) => slot.participant === first?.participant && slot.source === first?.source,
    )?.mid
  }
}

function parse(text: unknown): Told {
  try {
    return JSON.parse(String(text)) as Told
  } catch {
    return {} // not of this protocol
  }
}
