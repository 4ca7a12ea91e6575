/**
 * What people write, as it can be shown. The server does the same (signaling/protocol/clean.go,
 * whose list a test compares); here it tells in time that nothing is left of a name.
 */
/** Letters, marks and symbols, as Unicode calls them, that show nothing. */
const invisible =
  '\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\u{e0100}-\u{e01ef}'
const unseen = `\\p{C}\\p{Zl}\\p{Zp}${invisible}`
const inNames = new RegExp(`(?![\u200c\u200d])[${unseen}]`, 'gu')
/** Letters of scripts that join (Arabic to Mongolian), and emoji: between two joiners show. */
const joins =
  '[\u0600-\u109f\u1780-\u18af\u2194\u2195\u2600-\u27bf\u2b1b\u{1f000}-\u{1faff}]'
const joiner = new RegExp(`(${joins}[\u200c\u200d])(?=${joins})|[\u200c\u200d]`, 'gu')
/** Without line ends, tabs and what scripts and emoji are joined with. */
const inText = new RegExp(`(?![\\n\\t\u061c\u200c-\u200f\ufe0e\ufe0f])[${unseen}]`, 'gu')

/** On one line; it may be empty. */
export function cleanName(name: string): string {
  const visible = name.normalize('NFKC').replace(/\s+/gu, ' ').replace(inNames, '')
  return visible.replace(joiner, '$1').trim()
}

/** It may be empty. */
export function cleanText(text: string): string {
  return cleanDraft(text).trim()
}

/** As cleanText, of a text that goes on: its last space stands before the next word. */
export function cleanDraft(text: string): string {
  return text.replace(/\r\n?|[\u2028\u2029]/g, '\n').replace(inText, '')
}
