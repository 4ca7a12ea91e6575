/** The sentences of a patient's link, by the rules of the client's catalogue. */
import { spoken } from '../i18n/spoken'

export const fr = {
  document: 'Votre rendez-vous',
  early: {
    title: 'Votre rendez-vous est prévu',
    opens: (time: string) =>
      `Cette page s’ouvre toute seule à ${time}. Vous pouvez la laisser ouverte.`,
    in: (text: string) => `Vous pourrez entrer dans ${text}.`,
    soon: 'Vous pourrez entrer dans moins d’une minute.',
    test: 'En attendant, chargez la batterie et installez-vous au calme.',
  },
  delay: (minutes: number) => `Environ ${minutes} minutes de retard.`,
  days: (count: number) => (count === 1 ? '1 jour' : `${count} jours`),
  hours: (count: number) => (count === 1 ? '1 heure' : `${count} heures`),
  minutes: (count: number) => (count === 1 ? '1 minute' : `${count} minutes`),
  late: {
    title: 'Ce rendez-vous est passé',
    text: 'Pour en prendre un autre, appelez le secrétariat.',
  },
  cancelled: {
    title: 'Ce rendez-vous est annulé',
    text: 'Pour en prendre un autre, appelez le secrétariat.',
  },
  revoked: {
    title: 'Ce lien ne sert plus',
    text: 'Un lien plus récent vous a sans doute été envoyé. Ouvrez celui-là.',
  },
  unknown: {
    title: 'Ce lien n’ouvre rien',
    text: 'Il est peut-être incomplet. Ouvrez-le tel que vous l’avez reçu.',
  },
  other: {
    title: 'Ce lien est ouvert sur un autre appareil',
    text: 'Vous pouvez continuer ici. L’autre appareil sera alors fermé.',
  },
  away: {
    title: 'La connexion ne passe pas',
    text: 'Vérifiez votre connexion. Cette page réessaie toute seule.',
  },
  call: (phone: string) => `Secrétariat : ${phone}`,
}

export type Sentences = {
  [K in keyof typeof fr]: (typeof fr)[K] extends string
    ? string
    : (typeof fr)[K] extends (...args: infer A) => string
      ? (...args: A) => string
      : {
          [L in keyof (typeof fr)[K]]: (typeof fr)[K][L] extends (...args: infer A) => string
            ? (...args: A) => string
            : string
        }
}

export const { words, provide } = spoken<Sentences>(fr, async () => (await import('./en')).en)
