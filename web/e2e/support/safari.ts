/**
 * Runs in the page before anything else: takes away from Chromium, or does otherwise, what Safari
 * 15.4 (the oldest that holds a call) lacks or does otherwise. What each of these means for a call
 * is in the table of web/README.md. What differs in the engine itself (its jitter buffer, its
 * encoders' haste) is not here: no script can imitate it.
 */
export function likeSafari(): void {
  const without = (owner: object, ...names: string[]) => {
    for (const name of names) delete (owner as Record<string, unknown>)[name]
  }
  const define = (owner: object, name: string, get: () => unknown) =>
    Object.defineProperty(owner, name, { configurable: true, get, set: () => {} })

  // Nothing to choose a loudspeaker with, and loudness belongs to the buttons of the device.
  without(HTMLMediaElement.prototype, 'setSinkId', 'sinkId')
  define(HTMLMediaElement.prototype, 'volume', () => 1)

  // An iPad shares no screen; it keeps no screen awake before 16.4, and notifies of nothing.
  const media = navigator.mediaDevices // a synthetic camera stands on the object itself
  without(MediaDevices.prototype, 'getDisplayMedia')
  without(media, 'getDisplayMedia')
  without(Navigator.prototype, 'wakeLock', 'connection', 'userActivation')
  without(window, 'Notification', 'MediaStreamTrackProcessor', 'requestIdleCallback')

  // The name of a permission is not known: nobody learns beforehand whether the browser will ask.
  define(Navigator.prototype, 'permissions', () => undefined)

  // Full screen by another name until 16.4.
  const full = Element.prototype.requestFullscreen
  Object.assign(Element.prototype, {
    webkitRequestFullscreen(this: Element) {
      void full.call(this)
    },
  })
  without(Element.prototype, 'requestFullscreen')

  // H.264, VP8 (RFC 7742 asks both of every browser) and plain Opus; no buffer to hold, no codec to
  // change to, no scalability by name.
  const usable = /\/(H264|VP8|rtx|opus|telephone-event|CN)$/i
  for (const type of [RTCRtpSender, RTCRtpReceiver]) {
    const known = type.getCapabilities.bind(type)
    type.getCapabilities = (kind: string) => {
      const all = known(kind)
      if (!all) return all
      const codecs = all.codecs.filter(({ mimeType }) => usable.test(mimeType))
      const h264 = kind !== 'video' || codecs.some(({ mimeType }) => /h264/i.test(mimeType))
      return h264 ? { ...all, codecs } : all // a Chromium without H.264 keeps what it has
    }
  }
  without(RTCRtpReceiver.prototype, 'jitterBufferTarget', 'playoutDelayHint')
  const setParameters = RTCRtpSender.prototype.setParameters
  RTCRtpSender.prototype.setParameters = function (parameters) {
    const encodings = parameters.encodings.map((encoding) => {
      const { codec: _, ...known } = encoding as RTCRtpEncodingParameters & { codec?: unknown }
      return known
    })
    return setParameters.call(this, { ...parameters, encodings })
  }
  const addTransceiver = RTCPeerConnection.prototype.addTransceiver
  RTCPeerConnection.prototype.addTransceiver = function (kind, init) {
    const sendEncodings = init?.sendEncodings?.map((encoding) => {
      const { scalabilityMode: _, ...known } = encoding as RTCRtpEncodingParameters & {
        scalabilityMode?: string
      }
      return known
    })
    const known = init && { ...init, ...(sendEncodings && { sendEncodings }) }
    return addTransceiver.call(this, kind, known)
  }

  // A page may sound once it is touched, or while it captures.
  let [touched, capturing] = [false, false]
  for (const sign of ['pointerup', 'keydown', 'touchend'])
    addEventListener(sign, ({ isTrusted }) => (touched ||= isTrusted), true)
  const getUserMedia = media.getUserMedia
  const live: MediaStreamTrack[] = []
  media.getUserMedia = async function (constraints) {
    const stream = await getUserMedia.call(this, constraints)
    capturing = true
    live.push(...stream.getTracks())
    return stream
  }
  const play = HTMLMediaElement.prototype.play
  HTMLMediaElement.prototype.play = function () {
    if (this.muted || touched || capturing) return play.call(this)
    return Promise.reject(new DOMException('not allowed', 'NotAllowedError'))
  }

  // In the background the camera is muted, and comes back with the page.
  let hidden = false
  define(document, 'hidden', () => hidden)
  define(document, 'visibilityState', () => (hidden ? 'hidden' : 'visible'))
  Object.assign(window, {
    toBackground(away: boolean) {
      hidden = away
      for (const track of live) {
        if (track.readyState !== 'live' || track.kind !== 'video') continue
        define(track, 'muted', () => away)
        track.dispatchEvent(new Event(away ? 'mute' : 'unmute'))
      }
      document.dispatchEvent(new Event('visibilitychange'))
    },
  })
}

declare global {
  interface Window {
    toBackground(away: boolean): void
  }
}
