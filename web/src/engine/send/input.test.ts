import { describe, expect, test } from 'vitest'
import type { DeviceTrouble } from '../api'
import { en } from '../../i18n/en'
import { fr } from '../../i18n/fr'
import {
  type EndReason,
  type InputEvent,
  type InputKind,
  type InputState,
  inputView,
  newInput,
  step,
} from './input'
import { fc } from '../testing/properties'

const kinds: InputKind[] = ['microphone', 'camera', 'screen']

/** What a machine and its people do to one input. */
type Happening =
  | { it: 'wanted' | 'unwanted' | 'call' | 'callEnds' | 'hidden' | 'visible' | 'waits' | 'answers' }
  | { it: 'chosen' | 'plugged' | 'unplugged' | 'taken' | 'freed'; device: string }
  | { it: 'forbidden'; trouble: DeviceTrouble }
  | { it: 'allowed' }
  | { it: 'stopped'; why: EndReason }
  | { it: 'default'; group: string }

/** A machine with devices, other programs and a system, that does what the state machine asks. */
class Machine {
  state: InputState
  present = new Set(['default', 'a', 'b'])
  taken = new Set<string>()
  forbidden?: DeviceTrouble
  calling = false // the system mutes every track
  visible = true
  group = 'a'
  track?: { device: string; enabled: boolean }
  private opening = false
  private waiting = false
  notified: DeviceTrouble[] = []

  constructor(kind: InputKind) {
    this.state = newInput(kind)
  }

  get sends(): boolean {
    return !!this.track?.enabled && !this.calling
  }

  tell(event: InputEvent): void {
    const [next, effects] = step(this.state, event)
    this.state = next
    for (const effect of effects) {
      if (effect.do === 'close' || effect.do === 'open') this.track = undefined
      if (effect.do === 'open') this.opening = true
      if (effect.do === 'enable' && this.track) this.track.enabled = effect.on
      if (effect.do === 'wait') this.waiting = true
      if (effect.do === 'notify') this.notified.push(effect.trouble)
    }
  }

  /** The browser opens what is asked for, or refuses it, until nothing more is asked for. */
  answer(): void {
    for (let rounds = 0; this.opening; rounds++) {
      expect(rounds, 'it does not ask for ever').toBeLessThan(10)
      this.opening = false
      const device = this.state.chosen ?? [...this.present][0]
      const refuse = (trouble: DeviceTrouble) => this.tell({ type: 'refused', trouble })
      if (this.forbidden) refuse(this.forbidden)
      else if (!device || !this.present.has(device)) refuse('missing')
      else if (this.taken.has(device)) refuse('busy')
      else {
        this.track = { device, enabled: false }
        this.tell({ type: 'opened', device, muted: this.calling })
      }
    }
  }

  list(): void {
    this.tell({ type: 'listed', devices: [...this.present], group: this.group })
  }

  happen(happening: Happening): void {
    switch (happening.it) {
      case 'wanted':
      case 'unwanted':
        return this.tell({ type: happening.it })
      case 'chosen':
        return this.tell({ type: 'chosen', device: happening.device })
      case 'answers':
        return this.answer()
      case 'plugged':
        this.present.add(happening.device)
        return this.list()
      case 'unplugged':
        this.present.delete(happening.device)
        if (this.track?.device === happening.device) {
          this.track = undefined
          this.tell({ type: 'ended', why: 'lost' })
        }
        return this.list()
      case 'stopped':
        if (!this.track) return
        this.track = undefined
        return this.tell({ type: 'ended', why: happening.why })
      case 'taken':
        return void this.taken.add(happening.device)
      case 'freed':
        return void this.taken.delete(happening.device)
      case 'forbidden':
        this.forbidden = happening.trouble
        return
      case 'allowed':
        this.forbidden = undefined
        return
      case 'call':
        this.calling = true
        return this.track && this.tell({ type: 'muted' })
      case 'callEnds':
        this.calling = false
        return this.track && this.tell({ type: 'unmuted' })
      case 'hidden':
        this.visible = false
        return
      case 'visible':
        this.visible = true
        return this.tell({ type: 'visible' })
      case 'waits':
        if (!this.waiting || !this.visible) return
        this.waiting = false
        return this.tell({ type: 'waited' })
      case 'default':
        this.group = happening.group
        return this.list()
    }
  }
}

const device = fc.constantFrom('default', 'a', 'b')
const happening: fc.Arbitrary<Happening> = fc.oneof(
  fc.record({ it: fc.constantFrom('wanted' as const, 'unwanted' as const, 'answers' as const) }),
  fc.record({
    it: fc.constantFrom('call', 'callEnds', 'hidden', 'visible', 'waits') as fc.Arbitrary<'call'>,
  }),
  fc.record({
    it: fc.constantFrom(
      'chosen',
      'plugged',
      'unplugged',
      'taken',
      'freed',
    ) as fc.Arbitrary<'chosen'>,
    device,
  }),
  fc.record({
    it: fc.constant('forbidden' as const),
    trouble: fc.constantFrom<DeviceTrouble>(
      'refused-by-person',
      'refused-by-browser',
      'refused-by-system',
      'failed',
      'insecure',
    ),
  }),
  fc.record({ it: fc.constant('allowed' as const) }),
  fc.record({
    it: fc.constant('stopped' as const),
    why: fc.constantFrom<EndReason>('lost', 'refused-by-browser', 'failed'),
  }),
  fc.record({ it: fc.constant('default' as const), group: device }),
)

/** What the page says of an input that is wanted and not live. */
function sentences({ kind, phase }: InputState): string[] {
  return [fr, en].map(({ devices: { opening, trouble } }) =>
    phase === 'off' || phase === 'live'
      ? ''
      : phase === 'opening'
        ? opening[kind]
        : trouble[kind][phase],
  )
}

describe.each(kinds)('whatever happens to a %s', (kind) => {
  test('it is never silent with all well, and never heard or seen unasked', () => {
    fc.assert(
      fc.property(fc.array(happening, { maxLength: 40 }), (happenings) => {
        const machine = new Machine(kind)
        for (const one of happenings) {
          machine.happen(one)
          const { wanted, live } = inputView(machine.state)
          if (live) expect(machine.sends, 'live and not sending').toBe(true)
          if (!wanted) expect(machine.sends, 'sending unasked').toBe(false)
          if (!wanted && kind !== 'microphone') expect(machine.track).toBeUndefined()
          if (wanted && !machine.sends)
            for (const sentence of sentences(machine.state)) expect(sentence).not.toBe('')
        }
        machine.answer()
        expect(machine.state.phase, 'an answer ends the opening').not.toBe('opening')
        expect(inputView(machine.state).live).toBe(machine.sends)
      }),
      { numRuns: 10_000 },
    )
  }, 120_000)

  test('once nothing stands in its way, asking again makes it live', () => {
    fc.assert(
      fc.property(fc.array(happening, { maxLength: 30 }), (happenings) => {
        const machine = new Machine(kind)
        for (const one of happenings) machine.happen(one)
        machine.answer()
        machine.forbidden = undefined
        machine.taken.clear()
        for (const device of ['default', 'a', 'b']) machine.happen({ it: 'plugged', device })
        machine.happen({ it: 'callEnds' })
        machine.happen({ it: 'wanted' })
        machine.answer()
        expect([machine.state.phase, machine.sends]).toEqual(['live', true])
      }),
      { numRuns: 10_000 },
    )
  }, 120_000)
})

/** A machine on which the input is wanted and live. */
function live(kind: InputKind): Machine {
  const machine = new Machine(kind)
  machine.happen({ it: 'wanted' })
  machine.answer()
  machine.list()
  expect(machine.state.phase).toBe('live')
  return machine
}

test('a call interrupts the microphone: said, and live again when the call ends', () => {
  const machine = live('microphone')
  machine.happen({ it: 'call' })
  expect([machine.state.phase, machine.notified]).toEqual(['interrupted', ['interrupted']])
  machine.happen({ it: 'callEnds' })
  expect(machine.state.phase).toBe('live')
})

test('a track that stays muted is opened again, a few times', () => {
  const machine = live('camera')
  machine.happen({ it: 'call' })
  for (let i = 0; i < 3; i++) {
    const before = machine.track
    machine.happen({ it: 'waits' })
    machine.answer()
    expect(machine.track, 'another track').not.toBe(before)
  }
  const last = machine.track
  machine.happen({ it: 'waits' })
  machine.answer()
  expect(machine.track, 'a device that stays silent is not opened for ever').toBe(last)
  machine.happen({ it: 'visible' })
  machine.calling = false
  machine.happen({ it: 'waits' })
  machine.answer()
  expect(machine.state.phase, 'back when the page is').toBe('live')
})

test('a headset that comes back is taken back while it is wanted', () => {
  const machine = live('microphone')
  machine.happen({ it: 'chosen', device: 'b' })
  machine.answer()
  machine.happen({ it: 'unplugged', device: 'b' })
  machine.answer()
  expect([machine.track?.device, machine.notified]).toEqual(['default', ['lost']])
  machine.happen({ it: 'plugged', device: 'b' })
  machine.answer()
  expect([machine.track?.device, machine.state.phase]).toEqual(['b', 'live'])
})

test('a permission that was taken back is not asked for again at once', () => {
  for (const kind of ['microphone', 'camera'] as const) {
    const machine = live(kind)
    machine.happen({ it: 'stopped', why: 'refused-by-browser' })
    machine.answer()
    expect([machine.state.phase, machine.track]).toEqual(['refused-by-browser', undefined])
    machine.happen({ it: 'wanted' })
    machine.answer()
    expect(machine.state.phase).toBe('live')
  }
})

test('a microphone that has stopped is opened again, a camera by a touch', () => {
  for (const [kind, phase] of [
    ['microphone', 'live'],
    ['camera', 'failed'],
  ] as const) {
    const machine = live(kind)
    machine.happen({ it: 'stopped', why: 'failed' })
    machine.answer()
    expect([machine.state.phase, machine.notified]).toEqual([phase, ['failed']])
  }
})

test('a camera that is listed for a while after it has gone is unplugged all the same', () => {
  const machine = live('camera')
  machine.happen({ it: 'stopped', why: 'failed' })
  machine.happen({ it: 'unplugged', device: 'default' })
  expect(machine.state.phase).toBe('lost')
  machine.happen({ it: 'plugged', device: 'default' })
  machine.answer()
  expect(machine.state.phase, 'it is back by itself').toBe('live')
})

test('a camera that comes back after it was switched off stays off', () => {
  const machine = live('camera')
  machine.happen({ it: 'unplugged', device: 'default' })
  expect(machine.state.phase).toBe('lost')
  machine.happen({ it: 'unwanted' })
  machine.happen({ it: 'plugged', device: 'default' })
  machine.answer()
  expect([machine.state.phase, machine.track]).toEqual(['off', undefined])
})

test('a microphone on the system’s default follows it to the headset that is plugged in', () => {
  const machine = live('microphone')
  const before = machine.track
  machine.happen({ it: 'default', group: 'b' })
  machine.answer()
  expect(machine.track).not.toBe(before)
  expect(machine.state.phase).toBe('live')
})

test('a change to a device that is busy goes back to the one before, and says so', () => {
  const machine = live('camera')
  machine.happen({ it: 'taken', device: 'b' })
  machine.happen({ it: 'chosen', device: 'b' })
  machine.answer()
  expect([machine.track?.device, machine.state.phase]).toEqual(['default', 'live'])
  expect(machine.notified).toEqual(['busy'])
})

test('closing the question about the screen is no trouble; what the system forbids is', () => {
  for (const [trouble, phase] of [
    ['refused-by-person', 'off'],
    ['refused-by-system', 'refused-by-system'],
    ['busy', 'busy'],
  ] as const) {
    const machine = new Machine('screen')
    machine.forbidden = trouble
    machine.happen({ it: 'wanted' })
    machine.answer()
    expect(machine.state.phase).toBe(phase)
  }
})

test('a shared window that is minimised is interrupted, and never opened again by itself', () => {
  const machine = live('screen')
  const { track } = machine
  machine.happen({ it: 'call' })
  expect(machine.state.phase).toBe('interrupted')
  machine.happen({ it: 'waits' })
  machine.answer()
  expect(machine.track).toBe(track)
})
