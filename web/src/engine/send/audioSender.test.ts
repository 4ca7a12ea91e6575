import { expect, test, vi } from 'vitest'
import { FakePeerConnection, settled } from '../testing/fakes'
import { Descriptions } from '../connection/descriptions'
import { OperationsChain } from '../connection/operations'
import { AudioSender } from './audioSender'

const line = 'm=audio 9 UDP/TLS/RTP/SAVPF 111 63'
const codecs = ['a=rtpmap:111 opus/48000/2', 'a=rtpmap:63 red/48000/2', 'a=fmtp:63 111/111']
const answer = [
  'v=0',
  line,
  'a=mid:0',
  ...codecs,
  'm=video 9 UDP/TLS/RTP/SAVPF 96',
  'a=mid:1',
  '',
].join('\r\n')

function aVoice() {
  const connection = new FakePeerConnection({})
  const { sender } = connection.addTransceiver('audio', { sendEncodings: [{ maxBitrate: 24_000 }] })
  const descriptions = new Descriptions(connection as unknown as RTCPeerConnection)
  const voice = new AudioSender(descriptions, sender as unknown as RTCRtpSender)
  return { connection, sender, descriptions, voice }
}

const asks = (ptime: number, redundant = false, maxBitrate = 16_000) => ({
  rid: '',
  active: true,
  maxBitrate,
  ptime,
  red: redundant,
})

test('a longer frame is a matter of this page alone', async () => {
  const { connection, sender, descriptions, voice } = aVoice()
  await descriptions.offer()
  await descriptions.answer(answer)
  expect(connection.remoteDescription!.sdp).toContain('a=ptime:20')
  await voice.apply(asks(60))
  expect(connection.offers).toBe(2)
  expect(connection.remoteDescription!.sdp).toContain('a=ptime:60\r\na=maxptime:60\r\n')
  expect(connection.signalingState).toBe('stable')
  expect(sender.parameters.encodings[0]!.maxBitrate).toBe(16_000)
  await voice.apply(asks(20))
  expect(connection.remoteDescription!.sdp).toContain('a=ptime:20')
})

test('the congestion control begins once, with what the page found', async () => {
  const { connection, descriptions, voice } = aVoice()
  const listed = vi.spyOn(performance, 'getEntriesByType')
  const came = (ms: number) =>
    listed.mockImplementation(
      (type) =>
        (type === 'resource'
          ? [{ transferSize: 30_000, responseStart: 0.1, responseEnd: ms }]
          : []) as never,
    )
  came(4_000)
  await descriptions.offer()
  await descriptions.answer(`${answer}a=rtpmap:96 VP8/90000\r\na=recvonly\r\n`)
  expect(connection.remoteDescription!.sdp).toContain('x-google-start-bitrate=20\r\n')
  came(8_000) // more has come, beside the voice
  await voice.apply(asks(60))
  expect(connection.remoteDescription!.sdp).toContain('x-google-start-bitrate=20\r\n')
  listed.mockRestore()
})

test('what is as it should be is left alone', async () => {
  const { connection, descriptions, voice } = aVoice()
  await descriptions.offer()
  await descriptions.answer(answer)
  await voice.apply(asks(20, true, 24_000))
  await voice.apply({ rid: '', active: true, red: true })
  expect(connection.offers).toBe(1)
})

test('pictures are left as they are', async () => {
  const { connection, descriptions, voice } = aVoice()
  const camera = connection.addTransceiver('video', {
    sendEncodings: [
      { rid: 'q', active: true },
      { rid: 'f', active: true },
    ],
  })
  connection.addTransceiver('video', { sendEncodings: [{ active: false }] })
  const simulcast = 'a=rid:q recv\r\na=rid:f recv\r\na=simulcast:recv q;f\r\n'
  const sdp = answer + simulcast + 'm=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:2\r\n' + simulcast
  await descriptions.offer()
  await descriptions.answer(sdp)
  expect(connection.remoteDescription!.sdp.match(/a=simulcast.*/g)).toEqual([
    'a=simulcast:recv q;f',
    'a=simulcast:recv q;f',
  ])
  camera.sender.parameters.encodings[0]!.active = false
  await voice.apply(asks(60))
  expect(
    connection.remoteDescription!.sdp.match(/a=simulcast.*/g),
    'only the camera has one that is off',
  ).toEqual(['a=simulcast:recv ~q;f', 'a=simulcast:recv q;f'])
})

test('while an offer is on its way its answer is shaped', async () => {
  const { connection, descriptions, voice } = aVoice()
  await voice.apply(asks(40)) // before any
  expect(connection.offers).toBe(0)
  await descriptions.offer()
  await voice.apply(asks(60, true))
  expect(connection.offers).toBe(1)
  await descriptions.answer(answer)
  expect(connection.remoteDescription!.sdp).toContain('a=ptime:60')
  expect(connection.remoteDescription!.sdp).toContain('SAVPF 63 111')
})

test('an answer that is refused leaves nothing half done', async () => {
  const { connection, descriptions, voice } = aVoice()
  await descriptions.offer()
  await descriptions.answer(answer)
  connection.refuses = 'a=ptime:60'
  await expect(voice.apply(asks(60))).rejects.toThrow()
  expect(connection.signalingState).toBe('stable')
  connection.refuses = undefined
  await voice.apply(asks(60))
  expect(connection.remoteDescription!.sdp).toContain('a=ptime:60')
})

test('a browser that takes no changed offer offers its own', async () => {
  const { connection, descriptions } = aVoice()
  connection.createOffer = async () => ({ type: 'offer', sdp: answer })
  connection.refuses = ' nack'
  await descriptions.offer()
  expect(connection.localDescription!.sdp).toBe(answer)
  connection.refuses = undefined
  await descriptions.offer()
  expect(connection.localDescription!.sdp).toBe(answer)
})

test('a connection that was closed meanwhile is left alone', async () => {
  const { connection, descriptions } = aVoice()
  const offering = descriptions.offer()
  connection.close()
  await offering
  expect(connection.localDescription).toBe(null)
})

test('chained operations do not overlap, and one that fails holds nobody up', async () => {
  const chain = new OperationsChain()
  const seen: string[] = []
  let end!: () => void
  const first = chain.chain(
    () => new Promise<void>((_, reject) => (end = () => reject(new Error('first')))),
  )
  const second = chain.chain(async () => void seen.push('second'))
  await settled()
  expect(seen).toEqual([])
  end()
  await expect(first).rejects.toThrow('first')
  await second
  expect(seen).toEqual(['second'])
})
