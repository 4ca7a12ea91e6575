/** The two places where the engine touches session descriptions. Pure. */

type Codec = { mimeType: string; sdpFmtpLine?: string }

// In order of preference for the first negotiation; the server may switch the sender later without SDP.
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

/** The codecs worth their bytes in every section of the offer: of 20 that a browser lists, five are ever used. */
export function usefulCodecs<C extends Codec>(codecs: C[]): C[] {
  return wanted.flatMap(([mimeType, fmtp]) =>
    codecs.filter((codec) => codec.mimeType.toLowerCase() === mimeType && fmtp.test(codec.sdpFmtpLine ?? '')),
  )
}

/** What the server's answer asks of our Opus encoder: nothing in silence, repair of lost packets, one channel. */
const opus = { usedtx: '1', useinbandfec: '1', stereo: '0' }

/**
 * The answer with what a sender obeys only when the remote's parameters say it (RFC 7587 section 6.1). They win over what
 * the answer says already, which is an echo of our own offer (Firefox offers stereo).
 */
export function tuneAnswer(sdp: string): string {
  return sdp
    .split(/(?=^m=)/m)
    .map((section) => (section.startsWith('m=audio') ? tuneAudio(section) : section))
    .join('')
}

function tuneAudio(section: string): string {
  const payload = /^a=rtpmap:(\d+) opus\/48000/im.exec(section)?.[1]
  if (!payload) return section
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
    : section.replace(new RegExp(`^a=rtpmap:${payload} [^\\r\\n]*`, 'm'), (rtpmap) => `${rtpmap}\r\n${fmtp}`)
}
