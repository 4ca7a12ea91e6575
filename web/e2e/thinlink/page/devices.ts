import { beep } from './beep'
import { frameNumbers } from './code'
import { Scene, sceneHeight, sceneRate, sceneWidth } from './scene'
import { now } from './clock'
import { shareDocument } from './document'

/** A frame that left the camera, and when (ms, this machine's clock). */
export type Drawn = { frame: number; at: number }

/**
 * Of the person: the number in their picture (0 to 7), what they say (base64), and by how much
 * their camera's picture is smaller than the scene.
 */
export type Person = { who: number; speech: string; scale: number }

/**
 * Puts a camera that shows the scene, a microphone that plays recorded speech and a screen with a
 * page of text in place of the machine's. Returns what makes the person speak or be silent; they
 * speak until told.
 */
export function installDevices(
  person: Person,
  drawn: (frame: Drawn) => void,
  beeped: (at: number) => void,
): (speaks: boolean) => void {
  let speaks = true
  const mouths: GainNode[] = []
  navigator.mediaDevices.getUserMedia = async (constraints) => {
    const stream = new MediaStream()
    if (constraints?.audio) {
      const { track, mouth } = await microphone(person, beeped)
      mouth.gain.value = speaks ? 1 : 0
      mouths.push(mouth)
      stream.addTrack(track)
    }
    if (constraints?.video) stream.addTrack(camera(person.who, person.scale, drawn))
    return stream
  }
  navigator.mediaDevices.getDisplayMedia = () => Promise.resolve(shareDocument(person.who))
  return (now) => {
    speaks = now
    for (const mouth of mouths) mouth.gain.value = now ? 1 : 0
  }
}

function camera(who: number, scale: number, drawn: (frame: Drawn) => void): MediaStreamTrack {
  const canvas = document.createElement('canvas')
  canvas.width = sceneWidth / scale
  canvas.height = sceneHeight / scale
  const paint = canvas.getContext('2d', { alpha: false })!
  paint.scale(1 / scale, 1 / scale)
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

async function microphone(
  { who, speech }: Person,
  beeped: (at: number) => void,
): Promise<{ track: MediaStreamTrack; mouth: GainNode }> {
  const context = new AudioContext({ sampleRate: 48_000 })
  const bytes = Uint8Array.from(atob(speech), (c) => c.charCodeAt(0))
  const source = context.createBufferSource()
  source.buffer = await context.decodeAudioData(bytes.buffer)
  source.loop = true
  const out = context.createMediaStreamDestination()
  out.channelCount = 1
  const mouth = context.createGain()
  const voice = context.createGain()
  source.connect(voice).connect(mouth).connect(out)
  beep(context, who, voice, mouth, (at) => mouth.gain.value && beeped(at))
  source.start(0, (who * source.buffer.duration) / 2) // two people do not say the same at once
  void context.resume()
  return { track: out.stream.getAudioTracks()[0]!, mouth }
}
