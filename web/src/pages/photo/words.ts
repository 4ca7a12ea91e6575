/** The sentences of photos in a call, loaded with them. */
import { computed } from '@preact/signals'
import { de } from '../../i18n/elision'
import { language } from '../../i18n/language'
import type { Drawn } from './board'
import { measure } from './marks'

export const fr = {
  title: 'Photos nettes',
  ask: 'Demander une photo nette',
  askText: 'La personne prend la photo avec sa caméra. Elle devient nette sur votre écran.',
  askWho: (name: string) => `Demander à ${name}`,
  asked: (name: string) => `La demande est affichée chez ${name}.`,
  nobody: 'Il n’y a encore personne à qui la demander.',
  own: 'Envoyer une photo d’ici',
  request: (name: string) => `${name} vous demande une photo`,
  requestText:
    'Cadrez ce qu’il faut montrer. Seuls les soignants la verront, sauf s’ils la montrent à tous.',
  ownText: 'Cadrez ce qu’il faut montrer. Les soignants verront la photo.',
  take: 'Prendre la photo',
  device: 'Utiliser l’appareil photo',
  flip: 'Changer de caméra',
  notNow: 'Pas maintenant',
  taking: 'La photo se prend : ne bougez plus.',
  untaken: 'La caméra n’a pas donné de photo. Réessayez, ou utilisez l’appareil photo.',
  preparing: 'La photo se prépare…',
  unreadable: 'Cette image n’a pas pu être lue. Reprenez la photo.',
  refused: 'Le serveur n’a pas pris la photo. Retirez-en une, ou réessayez plus tard.',
  sending: (percent: number, left: string) => `Envoi de la photo : ${percent} %${left}`,
  paused: (percent: number) =>
    `Envoi de la photo : ${percent} %, en pause : la voix passe d’abord`,
  cut: (percent: number) => `Envoi de la photo : ${percent} %, reprise dès que la liaison revient`,
  sent: 'La photo est envoyée.',
  stopped: 'La photo ne peut plus être envoyée. Prenez-en une autre.',
  minutes: (n: number) => `, encore ${n} min`,
  seconds: (n: number) => `, encore ${n} s`,
  open: (n: number, name: string) => `Voir la photo ${n} ${de(name)}`,
  one: (n: number, name: string) => `Photo ${n} ${de(name)}`,
  coming: (percent: number) => `La photo arrive : ${percent} %`,
  sharpHere: (percent: number) => `Nette à cet endroit. Le reste arrive : ${percent} %`,
  sharp: 'La photo est nette.',
  gone: {
    removed: 'Cette photo a été retirée. Elle disparaît d’ici quand vous la fermez.',
    lost: 'Le serveur n’a plus cette photo. Demandez-la de nouveau, ou gardez-la ouverte.',
  },
  lost: 'La photo s’est perdue en route : le serveur a changé. Reprenez-la.',
  lostOf: (name: string) =>
    `La photo ${de(name)} n’est plus là : le serveur a changé. Demandez-la de nouveau.`,
  show: 'Montrer à tous ceux qui sont là',
  hide: 'Ne montrer qu’aux soignants',
  remove: 'Retirer la photo',
  tools: {
    group: 'Dessiner sur la photo',
    pointer: 'Montrer',
    spot: 'Montrer',
    stroke: 'Tracer',
    ruler: 'Mesurer',
    scale: 'Étalonner',
    undo: 'Annuler mon dernier',
    clear: 'Tout effacer',
    clearOwn: 'Effacer les miens',
  },
  hints: {
    spot: 'Touchez l’endroit à montrer. Au clavier : flèches, puis Entrée.',
    pointer: 'Votre pointeur se voit chez les autres, et ne reste pas.',
    stroke: 'Tracez. Les autres voient le trait.',
    ruler: 'Tirez d’un point à l’autre. Au clavier : flèches, puis Entrée aux deux bouts.',
    scale: 'Tirez le long d’une longueur connue, au plus près de ce qui est mesuré.',
  },
  scale: {
    label: 'Longueur de ce trait, en mm',
    take: 'Étalonner',
    coins: [
      ['Pièce de 1 €', 2325],
      ['Pièce de 2 €', 2575],
    ] as readonly (readonly [string, number])[],
    cancel: 'Annuler',
    wrong: 'Indiquez une longueur en millimètres, entre 0,01 et 10 000.',
  },
  measures: {
    one: (n: number, length: string) => `Mesure ${n} : ${length}.`,
    pixels: 'Sans étalon, une mesure est en pixels de la photo.',
    by: (length: string, name: string) =>
      `Étalon : ${length} selon ${name}. Valable à la même distance de l’appareil, de face.`,
  },
}

export const en: typeof fr = {
  title: 'Sharp photos',
  ask: 'Ask for a sharp photo',
  askText: 'The person takes the photo with their camera. It becomes sharp on your screen.',
  askWho: (name) => `Ask ${name}`,
  asked: (name) => `${name} is asked to take a photo.`,
  nobody: 'There is nobody to ask yet.',
  own: 'Send a photo from here',
  request: (name) => `${name} asks you for a photo`,
  requestText:
    'Frame what is to be shown. Only the care team will see the photo, unless they show it to all.',
  ownText: 'Frame what is to be shown. The care team will see the photo.',
  take: 'Take the photo',
  device: 'Use the device’s camera',
  flip: 'Switch camera',
  notNow: 'Not now',
  taking: 'The photo is being taken: keep still.',
  untaken: 'The camera has given no photo. Try again, or use the device’s camera.',
  preparing: 'The photo is being prepared…',
  unreadable: 'This picture could not be read. Take the photo again.',
  refused: 'The server has not taken the photo. Remove one, or try again later.',
  sending: (percent, left) => `Sending the photo: ${percent}%${left}`,
  paused: (percent) => `Sending the photo: ${percent}%, paused: the voice goes first`,
  cut: (percent) => `Sending the photo: ${percent}%, it goes on when the link is back`,
  sent: 'The photo is sent.',
  stopped: 'The photo cannot be sent any more. Take another one.',
  minutes: (n) => `, ${n} min left`,
  seconds: (n) => `, ${n} s left`,
  open: (n, name) => `See photo ${n} of ${name}`,
  one: (n, name) => `Photo ${n} of ${name}`,
  coming: (percent) => `The photo is coming: ${percent}%`,
  sharpHere: (percent) => `Sharp at this place. The rest is coming: ${percent}%`,
  sharp: 'The photo is sharp.',
  gone: {
    removed: 'This photo was removed. It goes from here when you close it.',
    lost: 'The server has this photo no more. Ask for it again, or keep it open.',
  },
  lost: 'The photo was lost on its way: the server has changed. Take it again.',
  lostOf: (name) =>
    `The photo of ${name} is there no more: the server has changed. Ask for it again.`,
  show: 'Show to everybody who is here',
  hide: 'Show to the care team only',
  remove: 'Remove the photo',
  tools: {
    group: 'Draw on the photo',
    pointer: 'Point',
    spot: 'Point',
    stroke: 'Draw',
    ruler: 'Measure',
    scale: 'Calibrate',
    undo: 'Undo my last',
    clear: 'Clear all',
    clearOwn: 'Clear mine',
  },
  hints: {
    spot: 'Touch the place to show. By keyboard: arrows, then Enter.',
    pointer: 'The others see where you point. It does not stay.',
    stroke: 'Draw. The others see the line.',
    ruler: 'Drag from one point to another. By keyboard: arrows, then Enter at both ends.',
    scale: 'Drag along a known length, as near as can be to what is measured.',
  },
  scale: {
    label: 'Length of this line, in mm',
    take: 'Calibrate',
    coins: [
      ['1 € coin', 2325],
      ['2 € coin', 2575],
    ],
    cancel: 'Cancel',
    wrong: 'Enter a length in millimetres, between 0.01 and 10,000.',
  },
  measures: {
    one: (n, length) => `Measure ${n}: ${length}.`,
    pixels: 'Without a scale, a measure is in pixels of the photo.',
    by: (length, name) =>
      `Scale: ${length} according to ${name}. True at the same distance, seen from the front.`,
  },
}

/** A length as it is read: in mm, from 10 cm in cm; without a scale in pixels. */
export function measured(mark: Drawn, scale?: Drawn): string {
  const { mm, pixels } = measure(mark, scale)
  const say = (value: number, digits: number, unit: string) =>
    `${value.toLocaleString(language.value, { maximumFractionDigits: digits })}\u00a0${unit}`
  if (mm === undefined) return say(pixels, 0, 'px')
  return mm < 100 ? say(mm, 1, 'mm') : say(mm / 10, 1, 'cm')
}

export const photoWords = computed(() => ({ fr, en })[language.value])
