/** All places where the engine touches session descriptions. Pure. */
import * as regime from '../regime'

type Codec = { mimeType: string; sdpFmtpLine?: string }

// In order of preference for the first negotiation; the server may switch the sender later without
// SDP.
const wanted: [mimeType: string, fmtp: RegExp][] = [
  ['audio/opus', /^/],
  ['audio/red', /^/],
  ['video/vp8', /^/],
  ['video/vp9', /^$|(^|;)profile-id=0|^max-fs/],
  ['video/av1', /^(?!.*profile=[12])/],
  // Constrained baseline in fragmented units: the one profile that every old tablet decodes.
  ['video/h264', /^(?=.*packetization-mode=1)(?=.*profile-level-id=42[ce]0)/i],
  ['video/rtx', /^/],
]

/**
 * The codecs worth their bytes in every section of the offer: of 20 that a browser lists, five are
 * ever used.
 */
export function usefulCodecs<C extends Codec>(codecs: C[]): C[] {
  return wanted.flatMap(([mimeType, fmtp]) =>
    codecs.filter(
      (codec) => codec.mimeType.toLowerCase() === mimeType && fmtp.test(codec.sdpFmtpLine ?? ''),
    ),
  )
}

/**
 * What the server's answer asks of our Opus encoder: nothing in silence, repair of lost packets,
 * one channel.
 */
const opus = { usedtx: '1', useinbandfec: '1', stereo: '0' }

/**
 * The answer with what a sender obeys only when the remote's parameters say it (RFC 7587 section
 * 6.1). They win over what the answer says already, which is an echo of our own offer (Firefox
 * offers stereo). `bitrate`: what the link is thought to carry, in bit/s, if anything is known of
 * it.
 */
export function tuneAnswer(sdp: string, bitrate = Infinity): string {
  return sections(eachVoice(sdp, tuneAudio))
    .map((section) => beginGently(section, bitrate))
    .join('')
}

const sections = (sdp: string): string[] => sdp.split(/(?=^m=)/m)

/**
 * Chromium's congestion control is told a bit rate to believe in before it knows anything. By
 * itself it takes 300 kbit/s, and at once probes with three and six times that: a fifth of a second
 * of queue on a thin link, with the voice behind. So a third of what the link is thought to carry
 * is enough; with less its pacer, which takes two and a half times as much, would hold back the
 * voice.
 */
const startBitrate = regime.modest / 2
const probeFactor = 3

function beginGently(section: string, bitrate: number): string {
  if (!/^m=video/.test(section) || !/^a=recvonly/m.test(section)) return section
  const start = Math.round(Math.min(startBitrate, bitrate / probeFactor) / 1000)
  return section.replace(
    /^a=rtpmap:(\d+) (?!rtx\/).*\r\n(?:a=fmtp:\1 .*\r\n)?/gm,
    (lines, payload: string) => {
      const [rtpmap, fmtp] = lines.split('\r\n')
      const said = fmtp ? `${fmtp};` : `a=fmtp:${payload} `
      return `${rtpmap}\r\n${said}x-google-start-bitrate=${start}\r\n`
    },
  )
}

/**
 * The answer with the encodings marked that are switched off now, by the section's mid (RFC 8853
 * section 5.1). A browser takes which are on from every answer, and begins anew, with keyframes,
 * where that changes: one that is applied again must say what is so.
 */
export function keepPaused(answer: string, paused: ReadonlyMap<string, readonly string[]>): string {
  return sections(answer)
    .map((section) => {
      const off = paused.get(/^a=mid:(\S+)/m.exec(section)?.[1] ?? '')
      if (!off?.length) return section
      return section.replace(/^(a=simulcast:recv )(\S+)/m, (_, before: string, rids: string) => {
        const marked = rids.split(';').map((rid) => (off.includes(rid) ? `~${rid}` : rid))
        return before + marked.join(';')
      })
    })
    .join('')
}

/** Changes the sections of voices, as many of them as have Opus. */
function eachVoice(
  sdp: string,
  change: (section: string, opus: string, index: number) => string,
): string {
  let index = 0
  return sections(sdp)
    .map((section) => {
      const payload = section.startsWith('m=audio') && payloadOf(section, 'opus')
      return payload ? change(section, payload, index++) : section
    })
    .join('')
}

function payloadOf(section: string, codec: string): string | undefined {
  return new RegExp(`^a=rtpmap:(\\d+) ${codec}/48000`, 'im').exec(section)?.[1]
}

function tuneAudio(section: string, payload: string): string {
  const line = new RegExp(`^a=fmtp:${payload} ([^\\r\\n]*)`, 'm')
  const said = Object.fromEntries(
    (line.exec(section)?.[1] ?? '').split(';').flatMap((pair) => {
      const [key, value = ''] = pair.split('=').map((part) => part.trim())
      return key ? [[key, value]] : []
    }),
  ) as Record<string, string>
  const fmtp = `a=fmtp:${payload} ${Object.entries({ ...said, ...opus })
    .map(([key, value]) => (value ? `${key}=${value}` : key))
    .join(';')}`
  return line.test(section)
    ? section.replace(line, fmtp)
    : section.replace(
        new RegExp(`^a=rtpmap:${payload} [^\\r\\n]*`, 'm'),
        (rtpmap) => `${rtpmap}\r\n${fmtp}`,
      )
}

/** How the microphone's packets are made. */
export interface VoiceShape {
  ptime: number // ms of sound in each
  redundant: boolean // each repeats the sound of the one before (RFC 2198)
}

/** As a page begins: what is lost of the first words and asked for again would come too late. */
export const usualVoice: VoiceShape = { ptime: 20, redundant: true }

/**
 * The answer that makes a browser shape its voice like that: a sender takes the remote's a=ptime,
 * and of its codecs the one named first. The microphone's section is the first of all.
 */
export function shapeVoice(answer: string, { ptime, redundant }: VoiceShape): string {
  return eachVoice(answer, (section, opus, index) => {
    if (index > 0) return section
    const [head, ...rest] = section
      .split('\r\n')
      .filter((line) => line && !/^a=(max)?ptime:/.test(line))
    return [
      putFirst(head!, (redundant && payloadOf(section, 'red')) || opus),
      ...rest,
      `a=ptime:${ptime}`,
      `a=maxptime:${ptime}`,
      '',
    ].join('\r\n')
  })
}

/** The m= line with one payload type before all others. */
function putFirst(line: string, first: string): string {
  const [media, port, protocol, ...payloads] = line.split(' ')
  const others = payloads.filter((payload) => payload !== first)
  return [media, port, protocol, first, ...others].join(' ')
}

/**
 * The answer that makes a browser send pictures in these codecs, by mid: of several it sends the
 * first. Firefox and Safari cannot change the codec of an encoding.
 */
export function preferCodecs(answer: string, codecs: ReadonlyMap<string, string>): string {
  return sections(answer)
    .map((section) => {
      const codec = codecs.get(/^a=mid:(\S+)/m.exec(section)?.[1] ?? '')
      const first = codec && new RegExp(`^a=rtpmap:(\\d+) ${codec}/`, 'im').exec(section)?.[1]
      return first ? section.replace(/^m=[^\r\n]*/, (line) => putFirst(line, first)) : section
    })
    .join('')
}

/**
 * The offer that lets lost voice packets be asked for again, in both directions. Browsers can do
 * that but offer it for pictures only.
 */
export function repairVoices(offer: string): string {
  return eachVoice(offer, (section, opus) => {
    const nack = `a=rtcp-fb:${opus} nack\r\n`
    if (section.includes(nack)) return section
    return section.replace(
      new RegExp(`^a=rtpmap:${opus} [^\\r\\n]*\\r\\n`, 'm'),
      (rtpmap) => rtpmap + nack,
    )
  })
}
