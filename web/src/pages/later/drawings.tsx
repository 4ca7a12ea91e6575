import { Icon, type IconName } from '../parts/icons'

/** Icons that are loaded late, drawn as those in `parts/icons.tsx` are. */
const drawings = {
  screenOff: 'M3 4h18v12H3ZM8 20h8M12 16v4M9.5 7.5l5 5M14.5 7.5l-5 5',
  flip: 'M4 10a8 8 0 0 1 14.5-3M20 4v4h-4M20 14a8 8 0 0 1-14.5 3M4 20v-4h4',
  settings: 'M4 7h9M17 7h3M15 5v4M4 17h3M11 17h9M9 15v4',
  grid: 'M4 4h7v7H4ZM13 4h7v7h-7ZM4 13h7v7H4ZM13 13h7v7h-7Z',
  speaker: 'M3 4h18v11H3ZM3 18h5v3H3ZM10 18h5v3h-5ZM17 18h4v3h-4Z',
  unlock: 'M6 11h12v9H6ZM8.5 11V8a3.5 3.5 0 0 1 6.8-1.2',
  bell: 'M5.5 17c1.2-1.2 1.5-3 1.5-6a5 5 0 0 1 10 0c0 3 .3 4.8 1.5 6ZM10 20h4',
  invite:
    'M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7ZM2.5 20c0-3.6 2.9-6 6.5-6s6.5 2.4 6.5 ' +
    '6M19 8v6M16 11h6',
  photo: 'M3 7h4l2-3h6l2 3h4v12H3ZM12 16.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7Z',
  letters: 'M2.5 18 7.5 6l5 12M4.5 14h6M21.5 11.5V18M21.5 15a3 3 0 1 1-6 0 3 3 0 0 1 6 0Z',
  globe:
    'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM3 12h18M12 3c3.2 3.4 3.2 14.6 0 18M12 3c-3.2 3.4-3.2 ' +
    '14.6 0 18',
} as const

export type Drawn = IconName | keyof typeof drawings

/** One of all icons. */
export function DrawnIcon({ icon }: { icon: Drawn }) {
  return icon in drawings ? (
    <Icon drawn={drawings[icon as keyof typeof drawings]} />
  ) : (
    <Icon name={icon as IconName} />
  )
}
