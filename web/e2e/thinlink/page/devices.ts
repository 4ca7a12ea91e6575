import { frameNumbers } from './code'
import { Scene, sceneHeight, sceneRate, sceneWidth } from './scene'
import { now } from './clock'

/** A frame that left the camera, and when (ms, this machine's clock). */
export type Drawn = { frame: number; at: number }

/** Puts a camera that shows the scene and a microphone that plays recorded speech in place of the machine's. */
export function installDevices(who: number, speech: string, drawn: (frame: Drawn) => void): void {
  navigator.mediaDevices.getUserMedia = async (constraints) => {
    const stream = new MediaStream()
    if (constraints?.audio) stream.addTrack(await microphone(who, speech))
    if (constraints?.video) stream.addTrack(camera(who, drawn))
    return stream
  }
}

function camera(who: number, drawn: (frame: Drawn) => void): MediaStreamTrack {
  const canvas = document.createElement('canvas')
  canvas.width = sceneWidth
  canvas.height = sceneHeight
  const paint = canvas.getContext('2d', { alpha: false })!
  const scene = new Scene(who)
  let frame = 0
  const draw = () => {
    frame = (frame + 1) % frameNumbers
    drawn({ frame, at: now() })
    scene.draw(paint, { who, frame })
  }
  draw()
  const track = canvas.captureStream(sceneRate).getVideoTracks()[0]!
  const timer = setInterval(draw, 1000 / sceneRate)
  const stop = track.stop.bind(track)
  track.stop = () => {
    clearInterval(timer)
    stop()
  }
  return track
}

async function microphone(who: number, speech: string): Promise<MediaStreamTrack> {
  const context = new AudioContext({ sampleRate: 48_000 })
  const bytes = Uint8Array.from(atob(speech), (c) => c.charCodeAt(0))
  const source = context.createBufferSource()
  source.buffer = await context.decodeAudioData(bytes.buffer)
  source.loop = true
  const out = context.createMediaStreamDestination()
  out.channelCount = 1
  source.connect(out)
  source.start(0, (who * source.buffer.duration) / 2) // two people do not say the same at once
  void context.resume()
  return out.stream.getAudioTracks()[0]!
}
