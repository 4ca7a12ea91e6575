/**
 * Where one input (microphone, camera or screen) stands, from wanted to live, and why it is not.
 * Pure: each event gives the next state and what is to be done. A state that is wanted and not live
 * always has a reason that the page has a sentence for.
 */
import type { DeviceTrouble } from '../api'

/** Where an input stands. What is wanted and not live has a reason. */
export type InputPhase = 'off' | 'opening' | 'live' | DeviceTrouble

export type InputKind = 'microphone' | 'camera' | 'screen'

export interface InputState {
  readonly kind: InputKind
  readonly phase: InputPhase
  readonly wanted: boolean
  readonly open: boolean // there is a track
  readonly muted: boolean // the system gives the track nothing
  readonly chosen?: string // device to open; undefined: the system's own
  readonly used?: string // device of the track
  readonly before?: string // device to go back to when a change fails
  readonly kept?: DeviceTrouble // why a change has failed and the device before is opened again
  readonly lost?: string // device that went away, and is taken back when it comes again
  readonly group?: string // of the system's default device
  readonly devices: readonly string[] // as last listed
  readonly reopened: number // how often since it was last live
}

/** Why a track ends by itself: its device is gone, this site is barred from it, or neither. */
export type EndReason = Extract<DeviceTrouble, 'lost' | 'refused-by-browser' | 'failed'>

export type InputEvent =
  | { type: 'wanted' | 'unwanted' } // by the person, or by a host
  | { type: 'chosen'; device: string | undefined }
  | { type: 'opened'; device: string | undefined; muted: boolean }
  | { type: 'refused'; trouble: DeviceTrouble }
  | { type: 'muted' | 'unmuted' } // by a call, an assistant, a key, a minimised window
  | { type: 'ended'; why: EndReason }
  | { type: 'listed'; devices: readonly string[]; group?: string } // [] where none is told
  | { type: 'waited' } // after the effect `wait`, on a visible page
  | { type: 'visible' } // the page is on the screen again

export type InputEffect =
  | { do: 'open' } // close the track, if any, and open the chosen device
  | { do: 'close' }
  | { do: 'enable'; on: boolean } // the track's media, or silence
  | { do: 'wait' } // and tell when a mute has lasted
  | { do: 'notify'; trouble: DeviceTrouble; kept: boolean }

export type Step = readonly [InputState, readonly InputEffect[]]

/** How often a muted device is opened again by itself: one that stays silent is not for us. */
const reopenMost = 3

/** ms of a mute after which a device is opened again: a glance at an assistant is over by then. */
export const reopenAfter = 3_000

export const newInput = (kind: InputKind): InputState => ({
  kind,
  phase: 'off',
  wanted: false,
  open: false,
  muted: false,
  devices: [],
  reopened: 0,
})

const open: InputEffect = { do: 'open' }
const close: InputEffect = { do: 'close' }
const wait: InputEffect = { do: 'wait' }
const enable = (on: boolean): InputEffect => ({ do: 'enable', on })
const notify = (trouble: DeviceTrouble, kept = false): InputEffect => ({
  do: 'notify',
  trouble,
  kept,
})

export function step(state: InputState, event: InputEvent): Step {
  switch (event.type) {
    case 'wanted':
      return want(state)
    case 'unwanted':
      return unwant(state)
    case 'chosen':
      return choose({ ...state, chosen: event.device, lost: undefined })
    case 'opened':
      return opened({ ...state, open: true, used: event.device, muted: event.muted })
    case 'refused':
      return refused(state, event.trouble)
    case 'muted':
      return mute({ ...state, muted: true })
    case 'unmuted':
      return unmute({ ...state, muted: false })
    case 'ended':
      return ended(state, event.why)
    case 'listed':
      return listed(state, event.devices, event.group)
    case 'visible':
      return visible(state)
    case 'waited':
      if (state.phase !== 'interrupted' || state.kind === 'screen') return [state, []]
      if (state.reopened >= reopenMost) return [state, []]
      return reopen({ ...state, reopened: state.reopened + 1 })
  }
}

/** The device again, or another: what is shown stays until it has answered. */
function reopen(state: InputState): Step {
  const phase = state.phase === 'live' ? 'opening' : state.phase
  return [{ ...state, phase, open: false }, [open]]
}

function want(state: InputState): Step {
  const next = { ...state, wanted: true, reopened: 0 }
  if (state.phase === 'opening') return [next, []]
  if (!state.open || state.phase === 'interrupted') return reopen({ ...next, phase: 'opening' })
  if (state.muted) return [{ ...next, phase: 'interrupted' }, [enable(true), wait]]
  return [{ ...next, phase: 'live' }, [enable(true)]]
}

function unwant(state: InputState): Step {
  const next: InputState = {
    ...state,
    wanted: false,
    phase: 'off',
    kept: undefined,
    lost: undefined,
  }
  if (!state.open) return [next, []]
  // A microphone stays open and sends silence, so that it is back at once.
  if (state.kind === 'microphone') return [next, [enable(false)]]
  return [{ ...next, open: false }, [close]]
}

function choose(state: InputState): Step {
  if (!state.open && !(state.wanted && state.phase !== 'opening')) return [state, []]
  const phase = state.wanted ? 'opening' : 'off'
  return reopen({ ...state, phase, before: state.open ? state.used : undefined, reopened: 0 })
}

function opened(state: InputState): Step {
  const { kept, wanted, kind, muted } = state
  const next: InputState = { ...state, before: undefined, kept: undefined }
  if (!wanted) {
    if (kind === 'microphone') return [{ ...next, phase: 'off' }, [enable(false)]]
    return [{ ...next, phase: 'off', open: false }, [close]]
  }
  const told = kept ? [notify(kept, true)] : []
  if (muted) return [{ ...next, phase: 'interrupted' }, [enable(true), wait, ...told]]
  return [{ ...next, phase: 'live', reopened: 0 }, [enable(true), ...told]]
}

function refused(state: InputState, trouble: DeviceTrouble): Step {
  const { before, chosen, wanted } = state
  // Whoever closes the question about the screen shares nothing: that is no trouble.
  if (state.kind === 'screen' && trouble === 'refused-by-person')
    return [{ ...state, phase: 'off', wanted: false }, []]
  if (before !== undefined && before !== chosen)
    return reopen({ ...state, chosen: before, before: undefined, kept: trouble })
  if (trouble === 'missing' && chosen !== undefined)
    return reopen({ ...state, chosen: undefined, lost: chosen }) // that of the last visit is gone
  const next: InputState = { ...state, before: undefined, kept: undefined, open: false }
  if (!wanted) return [{ ...next, phase: 'off' }, []]
  return [{ ...next, phase: trouble }, [notify(trouble)]]
}

function mute(state: InputState): Step {
  if (state.phase !== 'live') return [state, []]
  return [{ ...state, phase: 'interrupted' }, [wait, notify('interrupted')]]
}

function unmute(state: InputState): Step {
  if (state.phase !== 'interrupted' || !state.open) return [state, []]
  return [{ ...state, phase: 'live', reopened: 0 }, []]
}

function ended(state: InputState, why: EndReason): Step {
  if (!state.open) return [state, []]
  const { kind, wanted, used } = state
  const next: InputState = { ...state, open: false, muted: false, used: undefined }
  // The browser's own bar ends a shared screen: that is a person's wish.
  if (kind === 'screen') return [{ ...next, phase: 'off', wanted: false }, [close, notify(why)]]
  const gone: InputState = { ...next, lost: used, phase: wanted ? why : 'off' }
  const told = wanted ? [notify(why)] : []
  // Whoever has taken a permission back is not asked for it again at once.
  if (kind === 'camera' || why === 'refused-by-browser') return [gone, [close, ...told]]
  // A headset leaves the tablet's own microphone.
  return [{ ...gone, chosen: undefined }, [close, ...told, open]]
}

function listed(state: InputState, devices: readonly string[], group: string | undefined): Step {
  const { kind, lost, used, wanted, phase } = state
  const next: InputState = { ...state, devices, group: group ?? state.group }
  if (kind === 'screen' || !devices.length || phase === 'opening') return [next, []]
  // What was there before and could not be opened will not be now.
  const known = state.devices
  const came = (id: string) => known.length > 0 && devices.includes(id) && !known.includes(id)
  // Some browsers do not say that a track ends with its device.
  const left = (id: string | undefined) => id && known.includes(id) && !devices.includes(id)
  if (state.open && left(used)) return ended(next, 'lost')
  if (lost && came(lost) && (wanted || state.open)) {
    const back: InputState = { ...next, chosen: lost, lost: undefined }
    return reopen({ ...back, before: state.open ? used : undefined })
  }
  // Some browsers list a device for a while after it has gone.
  if (phase === 'failed' && left(lost)) return [{ ...next, phase: 'lost' }, []]
  const moved = group !== undefined && state.group !== undefined && group !== state.group
  if (state.open && used === 'default' && moved) return reopen(next)
  if (wanted && phase === 'missing' && devices.some(came)) return reopen(next)
  return [next, []]
}

function visible(state: InputState): Step {
  if (!state.wanted || state.kind === 'screen') return [state, []]
  if (state.phase === 'interrupted') return [{ ...state, reopened: 0 }, [wait]]
  if (state.phase === 'busy' || state.phase === 'failed') return reopen(state)
  return [state, []]
}

/** What the page may know of it. */
export function inputView(state: InputState): {
  wanted: boolean
  live: boolean
  trouble?: DeviceTrouble
  deviceId?: string
} {
  const { wanted, phase, used, chosen } = state
  const trouble = phase === 'off' || phase === 'opening' || phase === 'live' ? undefined : phase
  return { wanted, live: phase === 'live', trouble, deviceId: used ?? chosen }
}
