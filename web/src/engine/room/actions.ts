/** What a person does in the room: each is one message, and the server's rules decide. */
import type { CallMode, ClientMessage, Source } from '../../protocol/messages'
import { cleanText } from './text'

export abstract class RoomActions {
  abstract act(message: ClientMessage): void

  invite(role: 'guest' | 'clinician', name: string): void {
    this.act({ type: 'invite', role, name })
  }

  showToAll(participant: string): void {
    this.act({ type: 'spotlight', participant })
  }

  handOver(participant: string): void {
    this.act({ type: 'handover', participant })
  }

  say(text: string): void {
    this.act({ type: 'say', text: cleanText(text) })
  }

  raiseHand(up: boolean): void {
    this.act({ type: 'hand', raised: up })
  }

  lowerHand(participant: string): void {
    this.act({ type: 'hand', raised: false, participant })
  }

  admit(participant: string, beside?: string[]): void {
    this.act({ type: 'admit', participant, beside })
  }

  refuse(participant: string): void {
    this.act({ type: 'refuse', participant })
  }

  mute(participant: string, source: Source): void {
    this.act({ type: 'mute', participant, source })
  }

  setModeOf(participant: string, mode: CallMode): void {
    this.act({ type: 'mode', participant, mode })
  }

  remove(participant: string): void {
    this.act({ type: 'remove', participant })
  }

  block(participant: string): void {
    this.act({ type: 'block', participant })
  }

  lock(locked: boolean): void {
    this.act({ type: 'lock', locked })
  }

  setNote(text: string): void {
    this.act({ type: 'note', text: cleanText(text) })
  }

  end(): void {
    this.act({ type: 'end' })
  }
}
