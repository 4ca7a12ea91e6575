/**
 * A call without an engine, for the tests of the pages: what the pages see is set by hand, what
 * they ask for is written down. It also puts the pages in states that are hard to reach with a real
 * call.
 */
import { computed, signal, type Signal } from '@preact/signals'
import type {
  Call,
  DeviceState,
  Ended,
  Findings,
  QualityLevel,
  SameLink,
  Link,
  Meeting,
  Notice,
  PersonView,
  PhotoNews,
  Unattended,
  Picture,
  PictureSource,
  Place,
  Delivery,
  PictureQuality,
  Transport,
  Watch,
} from '../../engine/api'
import { type Progress, loadSession, saveSession } from '../../engine/room/session'
import type {
  CallMode,
  ChatLine,
  Invitation,
  Kind,
  Role,
  TransferRate,
} from '../../protocol/messages'

export type Asked = [what: string, ...how: unknown[]]

/** How a fake picture is drawn; the tests of components draw none. */
export type Painter = (
  element: HTMLVideoElement,
  participant: string,
  source: PictureSource,
) => void

export class FakeCall implements Call {
  token = ''
  readonly place = signal<Place>('room')
  readonly link = signal<Link>({ state: 'open' })
  readonly transport = signal<Transport>('connected')
  readonly ended = signal<Ended | undefined>(undefined)
  readonly me = signal<{ id: string; name: string; role: Role } | undefined>(undefined)
  readonly kind = signal<Kind>('consultation')
  readonly meeting = signal<Meeting | undefined>(undefined)
  readonly people = signal<PersonView[]>([])
  readonly waiting = signal<PersonView[]>([])
  readonly unattended = signal<Unattended | undefined>(undefined)
  readonly locked = signal(false)
  readonly note = signal('')
  readonly delay = signal(0)
  readonly expectedBy = signal('')
  readonly chat = signal<ChatLine[]>([])
  readonly drafts = signal<Record<string, string>>({})
  readonly spotlight = signal('')
  readonly sameLink = signal<SameLink | undefined>(undefined)
  readonly invitation = signal<Invitation | undefined>(undefined)
  readonly unsent = signal('')
  readonly speakers = signal<string[]>([])
  readonly transferRate = signal<TransferRate | undefined>(undefined)
  readonly photoNews = signal<readonly PhotoNews[]>([])
  readonly parts: ArrayBuffer[] = [] // of photos, as sent
  readonly microphone = signal<DeviceState>(device('Micro intégré', 'Casque USB'))
  readonly camera = signal<DeviceState>({
    ...device('Caméra avant', 'Caméra arrière'),
    facing: 'user',
  })
  readonly speaker = signal({
    choices: device('Haut-parleur', 'Casque USB').choices,
    deviceId: '0',
    selectable: true,
  })
  readonly screen = signal({ live: false, possible: true })
  readonly audioLevel = signal(0)
  readonly mode = signal<CallMode>('automatic')
  readonly modeBy = signal('')
  readonly stopped = signal(false)
  readonly receiving = computed(() => this.mode.value !== 'voice' && !this.stopped.value)
  readonly usedBytes = signal(0)
  readonly delivery = signal<Delivery>('whole')
  readonly qualityLevels = signal<Record<string, QualityLevel>>({})
  readonly selfStream = signal<MediaStream | undefined>(undefined)
  readonly soundBlocked = signal(false)
  readonly volumes = signal<Record<string, number> | undefined>({})

  /** Everything that the pages asked for, in order. */
  readonly asked: Asked[] = []
  /** Pictures being watched now, by participant/source. */
  readonly watched = new Map<string, { priority: number; element: HTMLVideoElement }>()
  /** What openDevices finds wrong; empty: all is well. */
  openDevicesFails: { camera?: DeviceState['trouble']; microphone?: DeviceState['trouble'] } = {}
  toneFails = false
  chimes = 0
  /** What examine tells, one after the other; it then ends, unless it is to go on. */
  findings: Findings[] = []
  examineEnds = true
  painter: Painter = () => undefined

  private readonly pictures = new Map<string, Signal<Picture>>()
  private readonly pictureQualities = new Map<string, Signal<PictureQuality>>()
  private readonly listeners = new Set<(notice: Notice) => void>()

  /** Makes `me` one of the people, in the room. */
  enterAs(role: Role, name: string, id = 'me'): this {
    this.me.value = { id, name, role }
    this.people.value = [...this.people.value, person(id, name, { role, me: true })]
    return this
  }

  picture(participant: string, source: PictureSource = 'camera') {
    const key = `${participant}/${source}`
    const known =
      this.pictures.get(key) ?? signal<Picture>({ state: 'live', width: 640, height: 360 })
    this.pictures.set(key, known)
    return known
  }

  quality(participant: string) {
    const known =
      this.pictureQualities.get(participant) ??
      signal<PictureQuality>({ level: 'good', assessable: true })
    this.pictureQualities.set(participant, known)
    return known
  }

  happen(notice: Notice): void {
    for (const listener of this.listeners) listener(notice)
  }

  onNotice(listener: (notice: Notice) => void) {
    this.listeners.add(listener)
    return () => void this.listeners.delete(listener)
  }

  async chime() {
    this.chimes++
  }

  async openDevices(want: { microphone: boolean; camera: boolean }) {
    this.asked.push(['openDevices', want])
    const { camera, microphone } = this.openDevicesFails
    this.microphone.value = {
      ...this.microphone.value,
      wanted: want.microphone,
      live: want.microphone && !microphone,
      trouble: want.microphone ? microphone : undefined,
    }
    this.camera.value = {
      ...this.camera.value,
      wanted: want.camera,
      live: want.camera && !camera,
      trouble: want.camera ? camera : undefined,
    }
  }

  async examine(told: (findings: Findings) => void, signal: AbortSignal): Promise<Findings> {
    this.asked.push(['examine'])
    this.findings.forEach(told)
    if (!this.examineEnds) await new Promise((stopped) => signal.addEventListener('abort', stopped))
    return this.findings.at(-1)!
  }

  async playTone() {
    this.asked.push(['playTone'])
    if (this.toneFails) throw new Error('no loudspeaker')
  }

  async setMicrophone(on: boolean) {
    this.asked.push(['setMicrophone', on])
    this.microphone.value = { ...this.microphone.value, wanted: on, live: on }
  }

  async setCamera(on: boolean) {
    this.asked.push(['setCamera', on])
    this.camera.value = { ...this.camera.value, wanted: on, live: on }
  }

  async setMode(mode: CallMode) {
    this.asked.push(['setMode', mode])
    this.mode.value = mode
    this.modeBy.value = ''
  }

  setReceiving(on: boolean) {
    this.asked.push(['setReceiving', on])
    this.stopped.value = !on
  }

  async setScreen(on: boolean) {
    this.asked.push(['setScreen', on])
    this.screen.value = { ...this.screen.value, live: on }
  }

  watch(
    element: HTMLVideoElement,
    participant: string,
    source: PictureSource,
    priority: 0 | 1 | 2 | 3 | 4,
  ): Watch {
    const key = `${participant}/${source}`
    const entry = { priority, element }
    this.watched.set(key, entry)
    this.painter(element, participant, source)
    return {
      picture: this.picture(participant, source),
      quality: this.quality(participant),
      close: () => {
        if (this.watched.get(key) === entry) this.watched.delete(key)
      },
    }
  }

  setVolume(participant: string, volume: number) {
    this.volumes.value = { ...this.volumes.value, [participant]: volume }
  }

  enter = this.write('enter')
  get progress(): Progress {
    return loadSession(this.token)
  }
  remember(more: Progress): void {
    saveSession({ ...loadSession(this.token), ...more })
  }
  chooseMicrophone = this.writeSoon('chooseMicrophone')
  chooseCamera = this.writeSoon('chooseCamera')
  chooseSpeaker = this.writeSoon('chooseSpeaker')
  flipCamera = this.writeSoon('flipCamera')
  unblockSound = this.writeSoon('unblockSound')
  say = this.write('say')
  act = this.write('act')
  part = (data?: ArrayBuffer) => {
    if (data) this.parts.push(data)
    return 0
  }
  type = this.write('type')
  invite = this.write('invite')
  showToAll = this.write('showToAll')
  handOver = this.write('handOver')
  raiseHand = this.write('raiseHand')
  lowerHand = this.write('lowerHand')
  admit = this.write('admit')
  block = this.write('block')
  refuse = this.write('refuse')
  mute = this.write('mute')
  setModeOf = this.write('setModeOf')
  remove = this.write('remove')
  lock = this.write('lock')
  setNote = this.write('setNote')
  end = this.write('end')
  leave = this.write('leave')
  comeBack = this.write('comeBack')

  private write(what: string) {
    return (...how: unknown[]) => void this.asked.push([what, ...how])
  }

  private writeSoon(what: string) {
    return async (...how: unknown[]) => void this.asked.push([what, ...how])
  }
}

/** Somebody with microphone and camera on. */
export function person(id: string, name: string, rest: Partial<PersonView> = {}): PersonView {
  return {
    id,
    name,
    role: 'guest',
    me: false,
    connected: true,
    microphone: true,
    camera: true,
    screen: false,
    handRaised: 0,
    removedOnce: false,
    invitedAs: '',
    sameLink: [],
    refused: 0,
    since: 1,
    mode: 'automatic',
    ...rest,
  }
}

function device(...labels: string[]): DeviceState {
  return {
    wanted: true,
    live: true,
    deviceId: '0',
    choices: labels.map((label, index) => ({ id: String(index), label })),
  }
}
