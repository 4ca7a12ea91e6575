/**
 * The icons, drawn in line so that none is fetched. They decorate a word that stands beside them,
 * or a label.
 */
const paths = {
  microphone:
    'M12 3a3 3 0 0 0-3 3v5a3 3 0 0 0 6 0V6a3 3 0 0 0-3-3ZM6 11a6 6 0 0 0 12 0M12 17v4M9 21h6',
  microphoneOff:
    'M9 9v2a3 3 0 0 0 4.5 2.6M15 10.5V6a3 3 0 0 0-5.8-1M6 11a6 6 0 0 0 9 5.2M18 11a6 6 0 0 1-.7 ' +
    '2.8M12 17v4M9 21h6M4 3l16 18',
  camera:
    'M4 7h9a2 2 0 0 1 2 2v6a2 2 0 0 1-2 2H4a2 2 0 0 1-2-2V9a2 2 0 0 1 2-2ZM15 11l6-3.5v9L15 13',
  cameraOff:
    'M8 7h5a2 2 0 0 1 2 2v4M15 15a2 2 0 0 1-2 2H4a2 2 0 0 1-2-2V9a2 2 0 0 1 1.5-1.9M15 ' +
    '11l6-3.5v9L17 14M4 3l16 18',
  sound: 'M4 9.5h3.5L12 5v14l-4.5-4.5H4ZM15.5 9a4 4 0 0 1 0 6M18 6.5a8 8 0 0 1 0 11',
  messages:
    'M4 4h16a1 1 0 0 1 1 1v10a1 1 0 0 1-1 1h-8l-5 4v-4H4a1 1 0 0 1-1-1V5a1 1 0 0 1 1-1ZM8 ' +
    '8.5h8M8 12h5',
  quit: 'M11 4H5v16h6M10 12h11M17 8l4 4-4 4',
  more:
    'M5 11a1 1 0 1 0 0 2 1 1 0 1 0 0-2ZM12 11a1 1 0 1 0 0 2 1 1 0 1 0 0-2ZM19 11a1 1 0 1 0 0 2 ' +
    '1 1 0 1 0 0-2Z',
  people:
    'M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7ZM2.5 20c0-3.6 2.9-6 6.5-6s6.5 2.4 6.5 6M15.5 ' +
    '4.3a3.5 3.5 0 0 1 0 6.4M18 14.6c2.1.8 3.5 2.7 3.5 5.4',
  hand:
    'M7 12V6.5a1.5 1.5 0 0 1 3 0V11M10 10.5v-6a1.5 1.5 0 0 1 3 0v6M13 11V5.5a1.5 1.5 0 0 1 3 ' +
    '0V12M16 9.5a1.5 1.5 0 0 1 3 0V15a6 6 0 0 1-6 6h-1c-2 0-3.3-.8-4.4-2.5L4.3 14a1.5 1.5 0 0 1 ' +
    '2.5-1.6L8 14',
  screen: 'M3 4h18v12H3ZM8 20h8M12 16v4M12 13V7.5M9.5 9.5 12 7l2.5 2.5',
  lock: 'M6 11h12v9H6ZM8.5 11V8a3.5 3.5 0 0 1 7 0v3',
  bars: 'M5 20v-5M12 20V9.5M19 20V4',
  bars2: 'M5 20v-5M12 20V9.5M19 20h.01',
  bars1: 'M5 20v-5M12 20h.01M19 20h.01',
  check: 'M5 12.5l4.5 4.5L19 7',
  back: 'M19 12H5M11 6l-6 6 6 6',
  next: 'M5 12h14M13 6l6 6-6 6',
  close: 'M6 6l12 12M18 6 6 18',
  pin: 'M9 3h6l-1 6 3 3v2H7v-2l3-3ZM12 14v7',
  speaking: 'M5 10v4M9 7v10M13 9v6M17 5v14M21 10v4',
  warning: 'M12 4 2.5 20h19ZM12 10v4.5M12 17.5h.01',
  paused: 'M9 6v12M15 6v12',
  clock: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM12 7v5.5l3.5 2',
} as const

export type IconName = keyof typeof paths

/** One of the icons, or another that is drawn with a file that is loaded late. */
export function Icon({
  name,
  drawn,
}: { name: IconName; drawn?: never } | { name?: never; drawn: string }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={name ? paths[name] : drawn} />
    </svg>
  )
}

/** The mark of the house: a path that climbs between two hills. */
export function Brand() {
  return (
    <span class="brand">
      <svg class="brand-mark" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
        <path class="brand-hill" d="M1 26 11 8l6 10 4-6 10 14Z" />
        <path class="brand-path" d="M9 26c6-1 8-3 5-5s-2-4 1-5" />
      </svg>
      Draille
    </span>
  )
}
