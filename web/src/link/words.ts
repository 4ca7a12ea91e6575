/** The sentences of a patient's link, by the rules of the client's catalogue. */
import { computed } from '@preact/signals'
import { language } from '../i18n/language'

export const fr = {
  document: 'Votre rendez-vous',
  loading: 'Un instant…',
  early: {
    title: 'Votre rendez-vous est prévu',
    opens: (time: string) =>
      `Cette page s’ouvre toute seule à ${time}. Vous pouvez la laisser ouverte.`,
    in: (text: string) => `Vous pourrez entrer dans ${text}.`,
    soon: 'Vous pourrez entrer dans moins d’une minute.',
    zone: (place: string) => `Heure de ${place}.`,
    test: 'En attendant, chargez la batterie et installez-vous au calme.',
  },
  delay: (minutes: number) => `Environ ${minutes} minutes de retard.`,
  days: (count: number) => (count === 1 ? '1 jour' : `${count} jours`),
  hours: (count: number) => (count === 1 ? '1 heure' : `${count} heures`),
  minutes: (count: number) => (count === 1 ? '1 minute' : `${count} minutes`),
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
    take: 'Continuer ici',
  },
  away: {
    title: 'La connexion ne passe pas',
    text: 'Vérifiez votre connexion. Cette page réessaie toute seule.',
    retry: 'Réessayer',
  },
  call: (phone: string) => `Secrétariat : ${phone}`,
  lost: {
    title: 'Lien perdu ?',
    text: 'Donnez l’adresse ou le numéro où vous recevez vos messages.',
    label: 'Courriel ou téléphone mobile',
    send: 'Recevoir un nouveau lien',
    done: 'Si un rendez-vous est prévu avec ce contact, un nouveau lien part maintenant.',
    failed: 'La demande n’est pas partie. Réessayez dans une minute.',
  },
}

type Sentences = {
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

export const en: Sentences = {
  document: 'Your appointment',
  loading: 'One moment…',
  early: {
    title: 'Your appointment is planned',
    opens: (time) => `This page opens by itself at ${time}. You can leave it open.`,
    in: (text) => `You can enter in ${text}.`,
    soon: 'You can enter in less than a minute.',
    zone: (place) => `Time of ${place}.`,
    test: 'Meanwhile, charge the battery and find a quiet place.',
  },
  delay: (minutes) => `About ${minutes} minutes late.`,
  days: (count) => (count === 1 ? '1 day' : `${count} days`),
  hours: (count) => (count === 1 ? '1 hour' : `${count} hours`),
  minutes: (count) => (count === 1 ? '1 minute' : `${count} minutes`),
  late: {
    title: 'This appointment is over',
    text: 'To make another one, call the secretariat.',
  },
  cancelled: {
    title: 'This appointment is cancelled',
    text: 'To make another one, call the secretariat.',
  },
  revoked: {
    title: 'This link is no longer used',
    text: 'A newer link was probably sent to you. Open that one.',
  },
  unknown: {
    title: 'This link opens nothing',
    text: 'It may be incomplete. Open it as you received it.',
  },
  other: {
    title: 'This link is open on another device',
    text: 'You can continue here. The other device is closed then.',
    take: 'Continue here',
  },
  away: {
    title: 'There is no connection',
    text: 'Check your connection. This page tries again by itself.',
    retry: 'Try again',
  },
  call: (phone) => `Secretariat: ${phone}`,
  lost: {
    title: 'Lost your link?',
    text: 'Give the address or the number at which you get your messages.',
    label: 'E-mail or mobile telephone',
    send: 'Get a new link',
    done: 'If there is an appointment with this contact, a new link leaves now.',
    failed: 'The request did not leave. Try again in a minute.',
  },
}

export const words = computed<Sentences>(() => (language.value === 'en' ? en : fr))
