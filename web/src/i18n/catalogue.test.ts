// @vitest-environment happy-dom
import { beforeEach, describe, expect, it } from 'vitest'
import { chooseLanguage, language, preferredLanguage, startLanguage, words } from '.'
import { en } from './en'
import { fr } from './fr'
import { fr as linkInFrench } from '../link/words'
import { en as linkInEnglish } from '../link/en'
import { en as lostInEnglish, fr as lostInFrench } from '../link/later/words'
import { en as modeInEnglish, fr as modeInFrench } from '../pages/mode/words'
import { en as photoInEnglish, fr as photoInFrench } from '../pages/photo/words'
import { en as outsideInEnglish, fr as outsideInFrench } from '../staff/outside/words'
import { en as staffInEnglish } from '../staff/words/en'
import { fr as staffInFrench } from '../staff/words/fr'
import { en as asideInEnglish } from './aside/en'
import { fr as asideInFrench } from './aside/fr'
import { en as helpInEnglish } from './help/en'
import { fr as helpInFrench } from './help/fr'
import { en as testInEnglish } from './test/en'
import { fr as testInFrench } from './test/fr'

type Leaf = { path: string; text: string }

/** Every text of a catalogue; a function is called with a sample name or number. */
function leaves(node: unknown, path = ''): Leaf[] {
  if (typeof node === 'string') return [{ path, text: node }]
  if (typeof node === 'function') {
    return ['Rey', 1, 2].map((sample) => ({
      path: `${path}(${sample})`,
      text: node(sample, sample) as string,
    }))
  }
  return Object.entries(node as object).flatMap(([key, value]) =>
    leaves(value, path ? `${path}.${key}` : key),
  )
}

const french = leaves({
  ...fr,
  test: testInFrench.screen,
  staff: staffInFrench,
  outside: outsideInFrench,
  link: linkInFrench,
  lost: lostInFrench,
  mode_: modeInFrench,
  photo: photoInFrench,
  help: helpInFrench,
  aside: asideInFrench,
})
const english = leaves({
  ...en,
  test: testInEnglish.screen,
  staff: staffInEnglish,
  outside: outsideInEnglish,
  link: linkInEnglish,
  lost: lostInEnglish,
  mode_: modeInEnglish,
  photo: photoInEnglish,
  help: helpInEnglish,
  aside: asideInEnglish,
})

describe('both catalogues', () => {
  it('have the same keys', () => {
    expect(english.map((leaf) => leaf.path)).toEqual(french.map((leaf) => leaf.path))
  })

  it('have the same keys for the report of a test', () => {
    expect(leaves(testInEnglish.report).map((leaf) => leaf.path)).toEqual(
      leaves(testInFrench.report).map((leaf) => leaf.path),
    )
  })

  it('leave no text empty', () => {
    expect([...french, ...english].filter(({ text }) => text.trim() === '')).toEqual([])
  })

  it('use no jargon', () => {
    const jargon = new RegExp(
      '\\b(webrtc|websocket|ice|sdp|udp|tcp|bitrate|codec|token|jeton|' +
        'paquets?|packets?|slot|stream)\\b|\\bTURN\\b',
    )
    expect(
      [...french, ...english].filter(
        ({ text }) => jargon.test(text) || jargon.test(text.toLowerCase()),
      ),
    ).toEqual([])
  })
})

describe('French', () => {
  it('has sentences of fifteen words at most', () => {
    const long = french.flatMap(({ path, text }) =>
      text
        .split(/[.!?…]+(?:\s|$)/)
        .filter(
          (sentence) =>
            sentence.split(/\s+/).filter((word) => /\p{L}|\p{N}/u.test(word)).length > 15,
        )
        .map((sentence) => `${path}: ${sentence}`),
    )
    expect(long).toEqual([])
  })

  it('keeps a sign with the word before it, on one line', () => {
    const torn = /\u0020[?!:;»%](?![\w/])|«\u0020/
    expect(french.filter(({ text }) => torn.test(text))).toEqual([])
  })

  it('keeps a number with its unit, on one line', () => {
    const torn = /\d\u0020(min|s|h|[KM]o|[kM]bit\/s|jours?|minutes?|heures?)(?![\p{L}\d])/u
    expect(french.filter(({ text }) => torn.test(text))).toEqual([])
  })

  it('says vous, never tu', () => {
    expect(
      french.filter(({ text }) => /(?<!\p{L})(tu|toi|ton|tes|ta)(?!\p{L})/iu.test(text)),
    ).toEqual([])
  })

  it('begins every button with a verb, or with the answer to a question', () => {
    const verb = /^(\p{Lu}\p{L}*(er|ir|re)\b|Touchez|Oui,|Non,)/u
    const buttons = [...leaves(fr.actions), ...leaves(asideInFrench.actions)]
    expect(buttons.filter(({ text }) => !verb.test(text))).toEqual([])
  })

  it('keeps the five words of the bar', () => {
    const { microphone, camera, messages, quit } = fr.call
    expect([microphone, camera, fr.mode.bar.automatic, messages, quit]).toEqual([
      'Micro',
      'Caméra',
      'Réseau',
      'Messages',
      'Quitter',
    ])
    expect(fr.mode.bar.voice).toBe('Son seul')
  })
})

describe('English', () => {
  it('leaves no space before a sign', () => {
    expect(english.filter(({ text }) => /\s[?!:;%](?![\w/])/.test(text))).toEqual([])
  })
})

describe('the language', () => {
  beforeEach(() => localStorage.clear())

  it.each([
    ['en', 'fr', ['fr-FR'], 'en'],
    [null, 'en', ['fr-FR'], 'en'],
    ['de', null, ['en-GB', 'fr'], 'en'],
    [null, null, ['de-DE', 'fr-CH', 'en'], 'fr'],
    [null, null, ['de-DE'], 'fr'],
    [null, null, [], 'fr'],
  ] as const)('asked %s, remembered %s, browser %j: %s', (asked, remembered, browser, expected) => {
    expect(preferredLanguage(asked, remembered, browser)).toBe(expected)
  })

  it('is remembered once chosen, and told to the document', () => {
    chooseLanguage('en')
    expect(document.documentElement.lang).toBe('en')
    expect(words.value.actions.enter).toBe('Enter')
    language.value = 'fr'
    startLanguage(null)
    expect(language.value).toBe('en')
    startLanguage('fr')
    expect(language.value).toBe('fr')
  })
})
