/**
 * Measures one encoder of this browser: two connections in one page, the scene between them, the bit rate capped as the server
 * caps it. What arrives is compared with its source as in a call.
 */
import { Eye } from './eye'
import { Scene, sceneHeight, sceneRate, sceneWidth } from './scene'

export type Question = {
  codec: string // AV1, VP9, VP8
  bitrate: number // bit/s
  scale: number // by how much the picture is smaller than 640×360
  settle: number // s before measuring
  measure: number // s
}

export type Answer = {
  ssim: number // mean of the frames compared, at 640×360
  frameRate: number // frames/s shown
  coreShare: number // of the time, in the encoder
  bitrate: number // bit/s of payload that were sent
  height: number // that was sent
}

declare global {
  interface Window {
    codecs: { measure(question: Question): Promise<Answer> }
  }
}

const who = 1
const wait = (seconds: number) => new Promise<void>((resolve) => setTimeout(resolve, 1000 * seconds))

window.codecs = {
  async measure(question) {
    const likeness: number[] = []
    let shown = 0
    new Eye(0, () => {}, ({ ssim }) => likeness.push(ssim), () => shown++)
    const { sender, receiver, video } = await connect(question)
    await wait(question.settle)
    const before = await encoder(sender)
    const shownBefore = shown
    likeness.length = 0
    await wait(question.measure)
    const after = await encoder(sender)
    const seconds = (after.timestamp - before.timestamp) / 1000
    const frameRate = (shown - shownBefore) / seconds
    for (const connection of [sender, receiver]) connection.close()
    video.remove()
    return {
      ssim: likeness.reduce((sum, each) => sum + each, 0) / Math.max(1, likeness.length),
      frameRate,
      coreShare: ((after.totalEncodeTime ?? 0) - (before.totalEncodeTime ?? 0)) / seconds,
      bitrate: (8 * ((after.bytesSent ?? 0) - (before.bytesSent ?? 0))) / seconds,
      height: after.frameHeight ?? 0,
    }
  },
}

async function connect({ codec, bitrate, scale }: Question): Promise<{ sender: RTCPeerConnection; receiver: RTCPeerConnection; video: HTMLVideoElement }> {
  const [sender, receiver] = [new RTCPeerConnection(), new RTCPeerConnection()]
  sender.onicecandidate = ({ candidate }) => void receiver.addIceCandidate(candidate ?? undefined)
  receiver.onicecandidate = ({ candidate }) => void sender.addIceCandidate(candidate ?? undefined)
  const video = document.createElement('video')
  video.muted = true
  video.width = sceneWidth
  document.body.append(video)
  receiver.ontrack = ({ track }) => {
    video.srcObject = new MediaStream([track])
    void video.play()
  }
  const encoding = { maxBitrate: bitrate, maxFramerate: sceneRate, scaleResolutionDownBy: scale, scalabilityMode: 'L1T3' } // as the client sends
  const transceiver = sender.addTransceiver(camera(), { direction: 'sendonly', sendEncodings: [encoding] })
  const wanted = RTCRtpSender.getCapabilities('video')?.codecs.filter((c) => c.mimeType === `video/${codec}`) ?? []
  if (!wanted.length) throw new Error(`this browser has no encoder for ${codec}`)
  transceiver.setCodecPreferences(wanted)
  const parameters = transceiver.sender.getParameters() as RTCRtpSendParameters & { degradationPreference?: string }
  parameters.degradationPreference = 'maintain-resolution' // the size is part of the question
  await transceiver.sender.setParameters(parameters)
  await sender.setLocalDescription()
  await receiver.setRemoteDescription(sender.localDescription!)
  await receiver.setLocalDescription()
  await sender.setRemoteDescription(receiver.localDescription!)
  return { sender, receiver, video }
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

async function encoder(connection: RTCPeerConnection): Promise<RTCOutboundRtpStreamStats> {
  for (const stats of (await connection.getStats()).values() as Iterable<RTCStats>) {
    if (stats.type === 'outbound-rtp') return stats as RTCOutboundRtpStreamStats
  }
  throw new Error('nothing is being sent')
}
