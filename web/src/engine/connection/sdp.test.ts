import { describe, expect, test } from 'vitest'
import { preferCodecs, repairVoices, shapeVoice, tuneAnswer, usefulCodecs } from './sdp'

test('of several codecs the one that somebody needs comes first, in that section alone', () => {
  const section = (mid: number) =>
    [
      'm=video 9 UDP/TLS/RTP/SAVPF 96 97 106 107',
      `a=mid:${mid}`,
      'a=rtpmap:96 VP8/90000',
      'a=rtpmap:97 rtx/90000',
      'a=rtpmap:106 H264/90000',
      'a=rtpmap:107 rtx/90000',
      '',
    ].join('\r\n')
  const answer = `v=0\r\n${section(1)}${section(2)}`
  const lines = (codecs: [string, string][]) =>
    preferCodecs(answer, new Map(codecs)).match(/^m=.*/gm)
  const usual = 'm=video 9 UDP/TLS/RTP/SAVPF 96 97 106 107'
  expect(lines([['2', 'H264']])).toEqual([usual, 'm=video 9 UDP/TLS/RTP/SAVPF 106 96 97 107'])
  expect(lines([['2', 'VP9']]), 'which was not negotiated').toEqual([usual, usual])
  expect(lines([])).toEqual([usual, usual])
})

describe('codecs of the offer', () => {
  const chromium = [
    'audio/opus minptime=10;useinbandfec=1',
    'audio/red 111/111',
    'audio/G722',
    'audio/PCMU',
    'audio/CN',
    'audio/telephone-event',
    'video/VP8',
    'video/rtx',
    'video/VP9 profile-id=0',
    'video/VP9 profile-id=2',
    'video/H264 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42001f',
    'video/H264 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f',
    'video/H264 level-asymmetry-allowed=1;packetization-mode=0;profile-level-id=42e01f',
    'video/H264 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=64001f',
    'video/AV1 level-idx=5;profile=0;tier=0',
    'video/AV1 level-idx=5;profile=1;tier=0',
    'video/red',
    'video/ulpfec',
    'video/flexfec-03 repair-window=10000000',
  ]
  const firefox = [
    'audio/opus maxplaybackrate=48000;stereo=1;useinbandfec=1',
    'video/VP8 max-fs=12288;max-fr=60',
    'video/VP9 max-fs=12288;max-fr=60',
    'video/AV1',
    'video/ulpfec',
  ]
  const kept = (codecs: string[]) =>
    usefulCodecs(
      codecs.map((line) => ({ mimeType: line.split(' ')[0]!, sdpFmtpLine: line.split(' ')[1] })),
    ).map((codec) => [codec.mimeType, codec.sdpFmtpLine].filter(Boolean).join(' '))

  test('of Chromium', () => {
    expect(kept(chromium)).toEqual([
      'audio/opus minptime=10;useinbandfec=1',
      'audio/red 111/111',
      'video/VP8',
      'video/VP9 profile-id=0',
      'video/AV1 level-idx=5;profile=0;tier=0',
      'video/H264 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f',
      'video/rtx',
    ])
  })
  test('of Firefox', () => {
    expect(kept(firefox)).toEqual(firefox.slice(0, 4))
  })
})

describe('the tuned answer', () => {
  const answer = (fmtp: string) =>
    [
      'v=0',
      'm=audio 9 UDP/TLS/RTP/SAVPF 111',
      'a=rtpmap:111 opus/48000/2',
      ...(fmtp ? [fmtp] : []),
      'a=recvonly',
      'm=video 9 UDP/TLS/RTP/SAVPF 96',
      'a=rtpmap:96 VP8/90000',
      '',
    ].join('\r\n')
  test('asks for silence, repair and one channel', () => {
    expect(tuneAnswer(answer(''))).toBe(answer('a=fmtp:111 usedtx=1;useinbandfec=1;stereo=0'))
  })
  test('wins over an echo of the offer and keeps the rest of it', () => {
    const tuned = tuneAnswer(answer('a=fmtp:111 maxplaybackrate=48000;stereo=1;cbr'))
    expect(tuned).toBe(
      answer('a=fmtp:111 maxplaybackrate=48000;stereo=0;cbr;usedtx=1;useinbandfec=1'),
    )
  })
  test('lets the pictures that are sent begin gently, whatever their codec', () => {
    const video = (direction: string, ...fmtp: string[]) =>
      [
        'v=0',
        'm=video 9 UDP/TLS/RTP/SAVPF 96 97 98',
        'a=rtpmap:96 VP8/90000',
        ...fmtp.slice(0, 1),
        'a=rtpmap:97 rtx/90000',
        'a=fmtp:97 apt=96',
        'a=rtpmap:98 VP9/90000',
        ...fmtp.slice(1),
        `a=${direction}`,
        '',
      ].join('\r\n')
    const plain = (direction: string) =>
      video(direction, 'a=rtcp-fb:96 nack', 'a=fmtp:98 profile-id=0')
    expect(tuneAnswer(plain('sendonly'))).toBe(plain('sendonly'))
    expect(tuneAnswer(plain('recvonly'))).toBe(
      video(
        'recvonly',
        'a=fmtp:96 x-google-start-bitrate=100\r\na=rtcp-fb:96 nack',
        'a=fmtp:98 profile-id=0;x-google-start-bitrate=100',
      ),
    )
    expect(tuneAnswer(plain('recvonly'), 51_234), 'over a link that is known to be thin').toContain(
      'x-google-start-bitrate=17\r\n',
    )
  })
  test('touches nothing without Opus', () => {
    const other = answer('').replace('opus', 'PCMU')
    expect(tuneAnswer(other)).toBe(other)
  })
})

describe('voices', () => {
  const section = (kind: string, mid: number, payloads: string, ...lines: string[]) =>
    [`m=${kind} 9 UDP/TLS/RTP/SAVPF ${payloads}`, `a=mid:${mid}`, ...lines, ''].join('\r\n')
  const opus = 'a=rtpmap:111 opus/48000/2'
  const red = 'a=rtpmap:63 red/48000/2'
  const video = section('video', 1, '96', 'a=rtpmap:96 VP8/90000')
  const slot = section('audio', 2, '111 63', opus, red)

  test('the microphone alone gets another frame length and redundancy', () => {
    const answer = 'v=0\r\n' + section('audio', 0, '111 63', opus, red, 'a=ptime:20') + video + slot
    expect(shapeVoice(answer, { ptime: 60, redundant: true })).toBe(
      'v=0\r\n' +
        section('audio', 0, '63 111', opus, red, 'a=ptime:60', 'a=maxptime:60') +
        video +
        slot,
    )
    expect(
      shapeVoice(shapeVoice(answer, { ptime: 60, redundant: true }), {
        ptime: 20,
        redundant: false,
      }),
    ).toBe(
      'v=0\r\n' +
        section('audio', 0, '111 63', opus, red, 'a=ptime:20', 'a=maxptime:20') +
        video +
        slot,
    )
  })
  test('no redundancy where the browser knows none', () => {
    const shaped = shapeVoice(section('audio', 0, '109', 'a=rtpmap:109 opus/48000/2'), {
      ptime: 40,
      redundant: true,
    })
    expect(shaped).toBe(
      section('audio', 0, '109', 'a=rtpmap:109 opus/48000/2', 'a=ptime:40', 'a=maxptime:40'),
    )
  })
  test('repairs are asked for in every voice, once', () => {
    const nack = 'a=rtcp-fb:111 nack'
    const offer =
      'v=0\r\n' + section('audio', 0, '111', opus, 'a=rtcp-fb:111 transport-cc') + video + slot
    const asking =
      'v=0\r\n' +
      section('audio', 0, '111', opus, nack, 'a=rtcp-fb:111 transport-cc') +
      video +
      section('audio', 2, '111 63', opus, nack, red)
    expect(repairVoices(offer)).toBe(asking)
    expect(repairVoices(asking)).toBe(asking)
  })
})
