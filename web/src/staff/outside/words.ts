/** What is said of notifications, and in them: in a file of its own, for calls need it, too. */
import { computed } from '@preact/signals'
import { language } from '../../i18n/language'

export const fr = {
  offer: 'Activer les notifications',
  why: {
    call: 'Quand cette page est cachée, elles disent que quelqu’un attend, sans le nommer.',
    day: 'Quand cette page est cachée, elles annoncent arrivées, appels et messages, sans noms.',
  },
  asking: 'Répondez à la question du navigateur, près de l’adresse.',
  on: 'Les notifications sont activées.',
  unanswered: 'La question est restée sans réponse : rien n’est activé.',
  blocked: 'Notifications bloquées',
  help: [
    'Touchez l’icône à gauche de l’adresse, en haut.',
    'Autorisez les notifications, puis rechargez cette page.',
    'Si rien ne change, demandez à l’informatique.',
  ],
  helpSafari: [
    'Ouvrez le menu « Safari », « Réglages », « Sites web », puis « Notifications ».',
    'Autorisez ce site, puis rechargez cette page.',
    'Si rien ne change, demandez à l’informatique.',
  ],
  waiting: (count: number) =>
    count > 1 ? `${count} personnes attendent.` : 'Une personne attend.',
  calling: 'On vous appelle au sujet d’un avis.',
}

export type Catalogue = typeof fr

export const en: Catalogue = {
  offer: 'Turn notifications on',
  why: {
    call: 'While this page is hidden, they say that somebody waits, without a name.',
    day: 'While this page is hidden, they tell of arrivals, calls and messages, without names.',
  },
  asking: 'Answer the browser’s question, near the address.',
  on: 'Notifications are on.',
  unanswered: 'The question was left unanswered: nothing is turned on.',
  blocked: 'Notifications blocked',
  help: [
    'Tap the icon to the left of the address, at the top.',
    'Allow notifications, then reload this page.',
    'If nothing changes, ask your IT service.',
  ],
  helpSafari: [
    'Open the menu “Safari”, “Settings”, “Websites”, then “Notifications”.',
    'Allow this site, then reload this page.',
    'If nothing changes, ask your IT service.',
  ],
  waiting: (count) => (count > 1 ? `${count} people are waiting.` : 'Somebody is waiting.'),
  calling: 'You are called about an opinion.',
}

export const words = computed(() => (language.value === 'en' ? en : fr))
