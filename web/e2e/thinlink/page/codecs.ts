/**
 * Measures one encoder of this browser: two connections in one page, the scene between them, the
 * bit rate capped as the server caps it. What arrives is compared with its source as in a call.
 */
import { Eye } from './eye'
import { Scene, sceneHeight, sceneRate, sceneWidth } from './scene'

export type Question = {
  codec: string // AV1, VP9, VP8; empty: none, the camera's picture is shown as it is
  bitrate: number // bit/s
  scale: number // by how much the picture is smaller than 640×360
  settle: number // s, before it is measured
  measure: number // s
}

export type Answer = {
  ssim: number // mean of the frames compared, at 640×360
  frameRate: number // frames/s shown
  bitrate: number // bit/s of payload that were sent
  height: number // that was sent
}

declare global {
  interface Window {
    codecs: { begin(question: Question): Promise<void>; measure(seconds: number): Promise<Answer> }
  }
}

const who = 1
const wait = (seconds: number) =>
  new Promise<void>((resolve) => setTimeout(resolve, 1000 * seconds))

const nobody = -1 // no picture here is one's own
const likeness: number[] = []
let shown = 0
let sender: RTCPeerConnection | undefined

window.codecs = {
  async begin(question) {
    new Eye(
      nobody,
      () => {},
      ({ ssim }) => likeness.push(ssim),
      () => shown++,
    )
    if (question.codec) sender = await connect(question)
    else show(camera())
    await wait(question.settle)
  },
  async measure(seconds) {
    const [began, before, shownBefore] = [performance.now(), await encoder(), shown]
    likeness.length = 0
    await wait(seconds)
    const after = await encoder()
    const lasted = (performance.now() - began) / 1000
    return {
      ssim: likeness.reduce((sum, each) => sum + each, 0) / Math.max(1, likeness.length),
      frameRate: (shown - shownBefore) / lasted,
      bitrate: (8 * ((after?.bytesSent ?? 0) - (before?.bytesSent ?? 0))) / lasted,
      height: after?.frameHeight ?? sceneHeight,
    }
  },
}

function show(track: MediaStreamTrack): void {
  const video = document.createElement('video')
  video.muted = true
  video.width = sceneWidth
  video.srcObject = new MediaStream([track])
  document.body.append(video)
  void video.play()
}

async function connect({ codec, bitrate, scale }: Question): Promise<RTCPeerConnection> {
  const [sender, receiver] = [new RTCPeerConnection(), new RTCPeerConnection()]
  sender.onicecandidate = ({ candidate }) => void receiver.addIceCandidate(candidate ?? undefined)
  receiver.onicecandidate = ({ candidate }) => void sender.addIceCandidate(candidate ?? undefined)
  receiver.ontrack = ({ track }) => show(track)
  const encoding = {
    maxBitrate: bitrate,
    maxFramerate: sceneRate,
    scaleResolutionDownBy: scale,
    scalabilityMode: 'L1T3',
  } // as the client sends
  const transceiver = sender.addTransceiver(camera(), {
    direction: 'sendonly',
    sendEncodings: [encoding],
  })
  const wanted =
    RTCRtpSender.getCapabilities('video')?.codecs.filter((c) => c.mimeType === `video/${codec}`) ??
    []
  if (!wanted.length) throw new Error(`this browser has no encoder for ${codec}`)
  transceiver.setCodecPreferences(wanted)
  const parameters = transceiver.sender.getParameters() as RTCRtpSendParameters & {
    degradationPreference?: string
  }
  parameters.degradationPreference = 'maintain-resolution' // the size is part of the question
  await transceiver.sender.setParameters(parameters)
  await sender.setLocalDescription()
  await receiver.setRemoteDescription(sender.localDescription!)
  await receiver.setLocalDescription()
  await sender.setRemoteDescription(receiver.localDescription!)
  return sender
}

function camera(): MediaStreamTrack {
  const canvas = document.createElement('canvas')
  canvas.width = sceneWidth
  canvas.height = sceneHeight
  const paint = canvas.getContext('2d', { alpha: false })!
  const scene = new Scene(who)
  let frame = 0
  const draw = () => scene.draw(paint, { who, frame: ++frame % 2048 })
  draw()
  const track = canvas.captureStream(sceneRate).getVideoTracks()[0]!
  track.contentHint = 'motion' // as the client's camera
  setInterval(draw, 1000 / sceneRate)
  return track
}

async function encoder(): Promise<RTCOutboundRtpStreamStats | undefined> {
  for (const stats of ((await sender?.getStats())?.values() ?? []) as Iterable<RTCStats>) {
    if (stats.type === 'outbound-rtp') return stats as RTCOutboundRtpStreamStats
  }
  return undefined
}
