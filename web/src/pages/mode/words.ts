/** The sentences of the choice of a mode, loaded with it. */
import { computed } from '@preact/signals'
import { de } from '../../i18n/elision'
import { language } from '../../i18n/language'

export const fr = {
  title: 'Images et connexion',
  titleOf: (name: string) => `Appel ${de(name)}`,
  legend: 'Réglage de l’appel',
  text: {
    automatic: 'L’image s’adapte à la connexion.',
    saver: 'De petites images, pour consommer moins.',
    voice: 'Aucune image : la voix passe mieux.',
  },
  separately: 'Images reçues et envoyées',
  receive: 'Recevoir les images des autres',
  send: 'Envoyer mon image',
}

export const en: typeof fr = {
  title: 'Pictures and connection',
  titleOf: (name) => `Call of ${name}`,
  legend: 'How the call is set',
  text: {
    automatic: 'The picture follows the connection.',
    saver: 'Small pictures, to use less.',
    voice: 'No picture: the voice gets through better.',
  },
  separately: 'Pictures received and sent',
  receive: 'Receive the others’ pictures',
  send: 'Send my picture',
}

export const modeWords = computed(() => ({ fr, en })[language.value])
