/** How to allow what was refused, in French: loaded when something is refused. */
export const fr = {
  system: {
    title: 'Comment autoriser dans votre appareil',
    windows: [
      'Ouvrez « Paramètres », puis « Confidentialité et sécurité ».',
      'Dans « Caméra » et « Microphone », autorisez les applications de bureau.',
      'Revenez ici et touchez « Réessayer ».',
    ],
    mac: [
      'Ouvrez « Réglages Système », puis « Confidentialité et sécurité ».',
      'Activez votre navigateur dans « Caméra », « Micro » et « Enregistrement de l’écran ».',
      'Relancez le navigateur, puis ouvrez à nouveau le lien.',
    ],
    other: [
      'Ouvrez les réglages de confidentialité de votre appareil.',
      'Autorisez la caméra et le micro pour votre navigateur.',
      'Revenez ici et touchez « Réessayer ».',
    ],
  },
  browser: {
    title: 'Comment autoriser',
    chrome: [
      'Touchez l’icône à gauche de l’adresse, en haut.',
      'Activez « Caméra » et « Micro ».',
      'Revenez ici et touchez « Réessayer ».',
    ],
    chromeAndroid: [
      'Touchez l’icône à gauche de l’adresse, puis « Autorisations ».',
      'Autorisez « Appareil photo » et « Micro ».',
      'Revenez ici et touchez « Réessayer ».',
    ],
    firefox: [
      'Touchez l’icône de caméra barrée, à gauche de l’adresse.',
      'Effacez les blocages de la caméra et du micro.',
      'Revenez ici, touchez « Réessayer », puis « Autoriser ».',
    ],
    safariIPad: [
      'Touchez l’icône à gauche de l’adresse, puis « Réglages du site web ».',
      'Réglez « Appareil photo » et « Micro » sur « Autoriser ».',
      'Revenez ici et touchez « Réessayer ».',
    ],
    safariMac: [
      'Ouvrez le menu « Safari », puis « Réglages pour ce site web ».',
      'Réglez « Caméra » et « Micro » sur « Autoriser ».',
      'Revenez ici et touchez « Réessayer ».',
    ],
    other: [
      'Ouvrez les réglages de ce site dans votre navigateur.',
      'Autorisez la caméra et le micro.',
      'Revenez ici et touchez « Réessayer ».',
    ],
  },
  early: {
    opens: (when: string) => `L’appel ouvre ${when}.`,
    within: (minutes: number) =>
      `Laissez cette page ouverte : vous entrerez dans ${minutes} min environ.`,
    soon: 'Laissez cette page ouverte : elle essaiera d’entrer toute seule.',
  },
}

export type Catalogue = typeof fr
