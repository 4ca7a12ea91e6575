/** How to allow what was refused, in English. */
import type { Catalogue } from './fr'

export const en: Catalogue = {
  system: {
    title: 'How to allow it on your device',
    windows: [
      'Open “Settings”, then “Privacy & security”.',
      'Under “Camera” and “Microphone”, allow desktop apps.',
      'Come back here and press “Try again”.',
    ],
    mac: [
      'Open “System Settings”, then “Privacy & Security”.',
      'Turn your browser on under “Camera”, “Microphone” and “Screen Recording”.',
      'Restart the browser, then open the link again.',
    ],
    other: [
      'Open the privacy settings of your device.',
      'Allow the camera and the microphone for your browser.',
      'Come back here and press “Try again”.',
    ],
  },
  browser: {
    title: 'How to allow',
    chrome: [
      'Touch the icon on the left of the address, at the top.',
      'Turn on “Camera” and “Microphone”.',
      'Come back here and touch “Try again”.',
    ],
    chromeAndroid: [
      'Touch the icon on the left of the address, then “Permissions”.',
      'Allow “Camera” and “Microphone”.',
      'Come back here and touch “Try again”.',
    ],
    firefox: [
      'Touch the crossed-out camera icon on the left of the address.',
      'Clear the blocks on camera and microphone.',
      'Come back here, touch “Try again”, then “Allow”.',
    ],
    safariIPad: [
      'Touch the icon on the left of the address, then “Website Settings”.',
      'Set “Camera” and “Microphone” to “Allow”.',
      'Come back here and touch “Try again”.',
    ],
    safariMac: [
      'Open the “Safari” menu, then “Settings for This Website”.',
      'Set “Camera” and “Microphone” to “Allow”.',
      'Come back here and touch “Try again”.',
    ],
    other: [
      'Open the settings of this site in your browser.',
      'Allow the camera and the microphone.',
      'Come back here and touch “Try again”.',
    ],
  },
  early: {
    opens: (when: string) => `The call opens on ${when}.`,
    within: (minutes: number) => `Leave this page open: you will enter in about ${minutes} min.`,
    soon: 'Leave this page open: it will try to enter by itself.',
  },
}
