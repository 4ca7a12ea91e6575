/** The browsers whose way of allowing a camera differs. */
export type BrowserKind =
  'chrome' | 'chromeAndroid' | 'firefox' | 'safariIPad' | 'safariMac' | 'other'

/**
 * Which help to show for a refused permission. An iPad says that it is a Macintosh, but a Macintosh
 * has no touch screen; on iPadOS every browser has Safari's engine, but only Safari has Safari's
 * address bar.
 */
export function browserKind(userAgent: string, touchPoints: number): BrowserKind {
  const apple =
    /iPad|iPhone|iPod/.test(userAgent) || (/Macintosh/.test(userAgent) && touchPoints > 1)
  if (apple) return /CriOS|FxiOS|EdgiOS/.test(userAgent) ? 'other' : 'safariIPad'
  if (/Firefox\//.test(userAgent)) return /Android/.test(userAgent) ? 'other' : 'firefox'
  if (/Chrome\/|Chromium\//.test(userAgent))
    return /Android/.test(userAgent) ? 'chromeAndroid' : 'chrome'
  if (/Macintosh/.test(userAgent) && /Safari\//.test(userAgent)) return 'safariMac'
  return 'other'
}

/** The systems whose way of allowing a browser the camera differs. */
export type SystemKind = 'windows' | 'mac' | 'other'

export function systemKind(userAgent: string, touchPoints: number): SystemKind {
  if (/Windows/.test(userAgent)) return 'windows'
  return /Macintosh/.test(userAgent) && touchPoints < 2 ? 'mac' : 'other' // an iPad says so, too
}
