/**
 * Runs in the page before anything else (`addInitScript`). It puts a synthetic camera and
 * microphone in place of the machine's (the encoders, the transport and the decoders stay real),
 * and gives the test probes for what is really shown and heard.
 *
 * The camera carries its owner's number and a frame number in sixteen black and white blocks along
 * its upper edge: 4 bits who, 11 bits frame number (Gray code), 1 bit that makes the ones odd (so
 * that a dark picture is no mark). The microphone is a tone whose frequency tells whose it is.
 */

export type MediaOptions = {
  who: number
  width: number
  height: number
  fps: number
  tone: boolean
  beats?: boolean // the tone sounds for a moment with every beatFrames-th frame, and is silent else
  portrait?: boolean // somebody drawn, without the blocks: for pictures that people look at
  transport?: 'udp' | 'tcp' // of the relay: the other one is as if a firewall held it back
}
export type FrameMark = { who: number; frame: number; width: number; height: number }

/** Frames from one beep to the next. */
export const beatFrames = 30

export const toneOf = (who: number): number => 500 + 250 * who

declare global {
  interface Window {
    draille: {
      connections: RTCPeerConnection[]
      offers: number
      answers: number
      sockets: WebSocket[]
      speak(on: boolean): void
      unplug(kind: 'audio' | 'video'): void
      interrupt(kind: 'audio' | 'video', on: boolean): void
      read(video: HTMLVideoElement): FrameMark | undefined
      frames(video: HTMLVideoElement, count: number, timeout: number): Promise<FrameMark[]>
      heard(): number[]
      marks: { at: number; who: number; participant: string }[]
    }
  }
}

export function installMedia(options: MediaOptions): void {
  const blocks = 16
  const gray = (n: number) => n ^ (n >> 1)
  const ungray = (g: number) => {
    let n = 0
    for (; g; g >>= 1) n ^= g
    return n
  }

  const probes = {
    connections: [] as RTCPeerConnection[],
    offers: 0,
    sections: 0,
    answers: 0,
    sockets: [] as WebSocket[],
    marks: [] as { at: number; who: number; participant: string }[],
  }

  // What the page negotiates and opens.
  const NativeConnection = window.RTCPeerConnection
  window.RTCPeerConnection = class extends NativeConnection {
    constructor(configuration?: RTCConfiguration) {
      const reachable = (url: string) =>
        !options.transport || url.endsWith(`transport=${options.transport}`)
      const iceServers = configuration?.iceServers?.map((server) => ({
        ...server,
        urls: [server.urls].flat().filter(reachable),
      }))
      super({ ...configuration, iceServers: iceServers?.filter((server) => server.urls.length) })
      probes.connections.push(this)
    }
  }
  const NativeSocket = window.WebSocket
  window.WebSocket = class extends NativeSocket {
    constructor(url: string | URL, protocols?: string | string[]) {
      super(url, protocols)
      probes.sockets.push(this)
      this.addEventListener('message', ({ data }) => {
        const answer = String(data).startsWith('{"type":"answer"')
        if (answer && probes.answers < probes.offers) probes.answers++ // see send
      })
    }
    // What the page describes to itself alone, to shape a voice's packets, is no negotiation; and
    // an ICE restart, when a busy machine loses a path, opens no section.
    override send(data: string | ArrayBuffer) {
      if (typeof data === 'string' && data.startsWith('{"type":"offer"')) {
        const sections = data.split('\\nm=').length
        if (sections !== probes.sections) probes.offers++
        probes.sections = sections
      }
      super.send(data)
    }
  }

  // Somebody in a room, who breathes, blinks and speaks.
  const portrait = (
    paint: CanvasRenderingContext2D,
    width: number,
    height: number,
    who: number,
    frame: number,
  ) => {
    const skins = ['#e8b998', '#c98f6b', '#f0c8a8', '#8d5a3b', '#ddaa84', '#b97f58']
    const hairs = ['#3a2a20', '#c9c4bd', '#6b4a2f', '#1d1a19', '#8a8580', '#a5683a']
    const clothes = ['#f4f6f8', '#6d7fa8', '#4f8a80', '#a25f6c', '#59656f', '#8f7cae']
    const walls = ['#cfd9dc', '#e3d8c6', '#c9d6c4', '#d8d0de', '#d2dae6', '#e2d3cf']
    const of = (list: string[]) => list[who % list.length]!
    const ellipse = (x: number, y: number, a: number, b: number, colour: string) => {
      paint.fillStyle = colour
      paint.beginPath()
      paint.ellipse(x, y, a, b, 0, 0, 2 * Math.PI)
      paint.fill()
    }
    const unit = height / 100
    const x = width / 2 + unit * Math.sin(frame / 23)
    const y = 44 * unit + 0.6 * unit * Math.sin(frame / 17)
    paint.fillStyle = of(walls)
    paint.fillRect(0, 0, width, height)
    paint.fillStyle = '#ffffff66' // a window
    paint.fillRect(width * 0.72, 8 * unit, width * 0.2, 38 * unit)
    ellipse(x, 112 * unit, 46 * unit, 38 * unit, of(clothes))
    paint.fillStyle = of(skins)
    paint.fillRect(x - 7 * unit, y + 16 * unit, 14 * unit, 18 * unit)
    ellipse(x, y - 4 * unit, 21 * unit, 25 * unit, of(hairs))
    ellipse(x, y + 2 * unit, 18 * unit, 22 * unit, of(skins))
    ellipse(x, y - 17 * unit, 17 * unit, 9 * unit, of(hairs))
    const open = frame % 60 < 3 ? 0.3 : 1.6
    for (const side of [-1, 1]) {
      ellipse(x + side * 7 * unit, y, 2.1 * unit, open * unit, '#2b2320')
      paint.fillStyle = of(hairs)
      paint.fillRect(x + side * 7 * unit - 3 * unit, y - 5 * unit, 6 * unit, 1.1 * unit)
    }
    ellipse(x, y + 12 * unit, 5 * unit, (1 + Math.abs(Math.sin(frame / 3))) * unit, '#8f3f3f')
  }

  // The synthetic devices.
  let tone: GainNode | undefined
  const beep = () => {
    if (!tone) return
    const at = tone.context.currentTime
    tone.gain.setValueAtTime(0.4, at)
    tone.gain.setValueAtTime(0, at + 0.1)
  }
  const tracks: MediaStreamTrack[] = []

  const camera = (): MediaStreamTrack => {
    const canvas = document.createElement('canvas')
    canvas.width = options.width
    canvas.height = options.height
    const paint = canvas.getContext('2d', { alpha: false })!
    let frame = 0
    const draw = () => {
      frame = (frame + 1) % 2048
      if (options.beats && frame % 30 === 0) beep()
      const { width, height } = canvas
      if (options.portrait) return portrait(paint, width, height, options.who, frame)
      paint.fillStyle = `hsl(${options.who * 70}, 40%, 45%)`
      paint.fillRect(0, 0, width, height)
      paint.fillStyle = '#ddd'
      paint.beginPath()
      paint.arc(
        width * (0.5 + 0.3 * Math.sin(frame / 10)),
        height * 0.6,
        height / 6,
        0,
        2 * Math.PI,
      )
      paint.fill()
      const code = (options.who << 11) | gray(frame)
      let ones = 0
      for (let i = 0; i < 15; i++) ones += (code >> i) & 1
      const bits = (code << 1) | (~ones & 1)
      for (let i = 0; i < blocks; i++) {
        paint.fillStyle = (bits >> (blocks - 1 - i)) & 1 ? '#fff' : '#000'
        paint.fillRect((i * width) / blocks, 0, width / blocks + 1, height / 6)
      }
    }
    draw()
    // With beats, a frame leaves when it is drawn and not when the next one is due.
    const rate = options.beats ? 0 : options.fps
    const track = canvas.captureStream(rate).getVideoTracks()[0] as CanvasCaptureMediaStreamTrack
    const timer = setInterval(() => {
      draw()
      if (options.beats) track.requestFrame()
    }, 1000 / options.fps)
    const stop = track.stop.bind(track)
    track.stop = () => {
      clearInterval(timer)
      stop()
    }
    return track
  }

  const microphone = (): MediaStreamTrack => {
    const context = new AudioContext()
    const oscillator = context.createOscillator()
    oscillator.frequency.value = 500 + 250 * options.who
    tone = context.createGain()
    tone.gain.value = options.tone && !options.beats ? 0.4 : 0
    const out = context.createMediaStreamDestination()
    out.channelCount = 1
    oscillator.connect(tone).connect(out)
    oscillator.start()
    void context.resume()
    return out.stream.getAudioTracks()[0]!
  }

  navigator.mediaDevices.getUserMedia = async (constraints) => {
    const stream = new MediaStream()
    if (constraints?.audio) stream.addTrack(microphone())
    if (constraints?.video) stream.addTrack(camera())
    tracks.push(...stream.getTracks())
    return stream
  }
  navigator.mediaDevices.getDisplayMedia = async () => {
    const canvas = document.createElement('canvas')
    canvas.width = 1280
    canvas.height = 720
    const paint = canvas.getContext('2d', { alpha: false })!
    let beat = 0
    const draw = () => {
      paint.fillStyle = '#fff'
      paint.fillRect(0, 0, 1280, 720)
      paint.fillStyle = '#111'
      paint.font = '22px sans-serif'
      for (let line = 0; line < 20; line++)
        paint.fillText(
          `Ligne ${line + 1} : le traitement est pris matin et soir, sans changement.`,
          40,
          60 + 32 * line,
        )
      // A corner that moves, so that a static page still gives frames.
      paint.fillStyle = beat++ % 2 ? '#fff' : '#eee'
      paint.fillRect(1270, 710, 10, 10)
    }
    draw()
    const stream = canvas.captureStream(5)
    const timer = setInterval(draw, 200)
    stream.getVideoTracks()[0]!.addEventListener('ended', () => clearInterval(timer))
    tracks.push(...stream.getTracks())
    return stream
  }

  // Probes of what is shown and heard.
  const scratch = document.createElement('canvas')
  const pen = scratch.getContext('2d', { willReadFrequently: true })!

  const read = (video: HTMLVideoElement): FrameMark | undefined => {
    const { videoWidth: width, videoHeight: height } = video
    if (!width || !height) return undefined
    scratch.width = width
    scratch.height = Math.ceil(height / 6)
    pen.drawImage(video, 0, 0)
    let bits = 0
    for (let i = 0; i < blocks; i++) {
      const x = Math.floor(((i + 0.5) * width) / blocks)
      const pixel = pen.getImageData(x, Math.floor(height / 12), 1, 1).data
      bits = (bits << 1) | (pixel[0]! + pixel[1]! + pixel[2]! > 384 ? 1 : 0)
    }
    let ones = 0
    for (let i = 0; i < blocks; i++) ones += (bits >> i) & 1
    if (!(ones & 1)) return undefined
    const code = bits >> 1
    return { who: code >> 11, frame: ungray(code & 2047), width, height }
  }

  const frames = (video: HTMLVideoElement, count: number, timeout: number): Promise<FrameMark[]> =>
    new Promise((resolve, reject) => {
      const seen: FrameMark[] = []
      const late = setTimeout(
        () => reject(new Error(`only ${seen.length} of ${count} frames in ${timeout} ms`)),
        timeout,
      )
      const next = () => {
        const mark = read(video)
        if (mark && mark.frame !== seen.at(-1)?.frame) seen.push(mark)
        if (seen.length < count) return void video.requestVideoFrameCallback(next)
        clearTimeout(late)
        resolve(seen)
      }
      video.requestVideoFrameCallback(next)
    })

  // The ear listens to the very tracks that the page plays.
  let ear: AudioContext | undefined
  const analysers = new Map<string, AnalyserNode>()
  const heard = (): number[] => {
    ear ??= new AudioContext()
    const found = new Set<number>()
    for (const element of document.querySelectorAll('audio')) {
      if (
        element.paused ||
        element.muted ||
        element.volume === 0 ||
        !(element.srcObject instanceof MediaStream)
      )
        continue
      for (const track of element.srcObject.getAudioTracks()) {
        let analyser = analysers.get(track.id)
        if (!analyser) {
          analyser = ear.createAnalyser()
          analyser.fftSize = 4096
          analyser.smoothingTimeConstant = 0.3
          ear.createMediaStreamSource(new MediaStream([track])).connect(analyser)
          analysers.set(track.id, analyser)
        }
        const power = new Float32Array(analyser.frequencyBinCount)
        analyser.getFloatFrequencyData(power)
        const hertz = ear.sampleRate / analyser.fftSize
        for (let who = 0; who < 16; who++) {
          const bin = Math.round((500 + 250 * who) / hertz)
          const peak = Math.max(power[bin - 1]!, power[bin]!, power[bin + 1]!)
          if (peak > -50) found.add(who)
        }
      }
    }
    return [...found].sort((a, b) => a - b)
  }

  window.draille = Object.assign(probes, {
    speak: (on: boolean) => {
      if (tone) tone.gain.value = on ? 0.4 : 0
    },
    // As a call, an assistant or a key of the device does, until it ends.
    interrupt: (kind: 'audio' | 'video', on: boolean) => {
      for (const track of tracks) {
        if (track.kind !== kind || track.readyState !== 'live') continue
        Object.defineProperty(track, 'muted', { value: on, configurable: true })
        track.dispatchEvent(new Event(on ? 'mute' : 'unmute'))
      }
    },
    // The machine lists none of its kind any more.
    unplug: (kind: 'audio' | 'video') => {
      const { mediaDevices } = navigator
      const listed = mediaDevices.enumerateDevices.bind(mediaDevices)
      mediaDevices.enumerateDevices = async () =>
        (await listed()).filter((device) => device.kind !== `${kind}input`)
      for (const track of tracks) {
        if (track.kind !== kind || track.readyState === 'ended') continue
        track.stop()
        track.dispatchEvent(new Event('ended'))
      }
    },
    read,
    frames,
    heard,
  })
}
