/** The sentences of whoever has lost their link. */
import type { Language } from '../../i18n/language'

export const fr = {
  title: 'Lien perdu ?',
  text: 'Donnez l’adresse ou le numéro où vous recevez vos messages.',
  label: 'Courriel ou téléphone mobile',
  send: 'Recevoir un nouveau lien',
  done: 'Si un rendez-vous est prévu avec ce contact, un nouveau lien part maintenant.',
  failed: 'La demande n’est pas partie. Réessayez dans une minute.',
}

export const en: typeof fr = {
  title: 'Lost your link?',
  text: 'Give the address or the number at which you get your messages.',
  label: 'E-mail or mobile phone',
  send: 'Get a new link',
  done: 'If there is an appointment with this contact, a new link is on its way.',
  failed: 'The request was not sent. Try again in a minute.',
}

export const lostWords: Record<Language, typeof fr> = { fr, en }
