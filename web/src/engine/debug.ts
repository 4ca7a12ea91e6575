/**
 * The engine's inside, for browser tests only: a page shows it when it was opened with `?debug`.
 */
import type { Call } from './api'
import type { ServerConnection } from './connection/server'
import type { Watches } from './receive/watches'

export interface DebugHandle {
  readonly call: Call
  /** Of the page's present line: offers sent, answers applied, RTCPeerConnections made. */
  readonly counters: ServerConnection['counters'] | undefined
  readonly connection: RTCPeerConnection | undefined
  /** What each video slot carries, as last told. */
  readonly slots: Watches['slots']
}

export function exposeForTests(
  call: Call,
  server: () => ServerConnection | undefined,
  watches: Watches,
): void {
  const handle: DebugHandle = {
    call,
    get counters() {
      return server()?.counters
    },
    get connection() {
      return server()?.peer?.connection
    },
    get slots() {
      return watches.slots
    },
  }
  Object.assign(window, { __draille: handle })
}
