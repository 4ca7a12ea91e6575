import { de } from '../elision'

/**
 * The sentences of what most people open late or never: inviting somebody, looking closer, how the
 * page is read. By the rules of the client's catalogue.
 */
export const fr = {
  /** The words on buttons. */
  actions: {
    cancel: 'Annuler',
    refuse: 'Refuser',
    remove: 'Retirer',
    block: 'Bloquer le lien',
    lowerHand: 'Baisser la main',
    muteMicrophone: 'Couper le micro',
    muteCamera: 'Couper la caméra',
    muteScreen: 'Arrêter le partage',
    lock: 'Verrouiller la salle',
    unlock: 'Ouvrir la salle',
    flipCamera: 'Changer de caméra (avant, arrière)',
    chimeOn: 'Sonner aux arrivées et aux messages',
    chimeOff: 'Couper la sonnerie des arrivées et des messages',
    saveNote: 'Afficher ce message',
    clearNote: 'Effacer',
    chooseModeOf: 'Régler l’appel',
    raiseHand: 'Lever la main',
    shareScreen: 'Partager mon écran',
    askPhoto: 'Demander une photo nette',
  },

  layout: {
    title: 'Disposition',
    speaker: 'Personne qui parle en grand',
    grid: 'Tout le monde en grille',
  },

  invite: {
    open: 'Inviter une personne',
    name: 'Son nom (facultatif)',
    nameSent: 'Son nom',
    who: 'Comment entrera cette personne ?',
    role: {
      guest: 'Par la salle d’attente',
      clinician: 'Directement, comme l’équipe soignante',
    },
    make: 'Créer le lien',
    making: 'Le lien arrive…',
    link: 'Lien à transmettre',
    until: (when: string) => `Il ouvre cet appel jusqu’à ${when}.`,
    copy: 'Copier le lien',
    copied: 'Le lien est copié.',
    notCopied: 'Le lien n’a pas pu être copié. Copiez-le à la main.',
    share: 'Transmettre le lien',
    bySMS: 'Envoyer le lien par SMS',
    phone: 'Son téléphone mobile',
    smsText: 'Le SMS dit qu’on l’attend en visio. Il ne contient aucun nom.',
    smsLanguage: 'Langue du SMS',
    send: 'Envoyer le SMS',
    going: 'Le SMS part…',
    sent: 'Le SMS est parti. La personne arrivera par la salle d’attente.',
    notSent: 'Le SMS n’est pas parti.',
    correct: 'Corriger le numéro',
    /** Why an SMS is not gone, and what happens or is to be done. */
    reasons: {
      address: 'Ce numéro n’existe pas, ou ne reçoit pas de SMS.',
      refused: 'Le service de SMS le refuse. Vérifiez le numéro, ou créez un lien.',
      later: 'Le service de SMS demande d’attendre. Un autre essai suivra tout seul.',
      away: 'Le service de SMS ne répond pas. Un autre essai suivra tout seul.',
      account: 'Le service de SMS n’accepte pas notre compte. Prévenez l’informatique.',
      tls: 'La liaison avec le service de SMS échoue. Prévenez l’informatique.',
      setting: 'Un réglage du serveur est faux. Prévenez l’informatique.',
      missing: 'Aucun service de SMS n’est réglé. Prévenez l’informatique.',
      'too-late': 'Il serait arrivé trop tard.',
      outdated: 'Le rendez-vous a changé entre-temps.',
      revoked: 'Son lien a été retiré entre-temps.',
      gone: 'Le rendez-vous n’existe plus.',
    } as Partial<Record<string, string>>,
    /** Why nothing was sent, and what to do. */
    why: {
      name: () => 'Écrivez le nom de la personne : vous le lirez quand elle attendra.',
      phone: () => 'Ce numéro n’est pas complet. Exemple : 06 12 34 56 78.',
      'signed-out': () => 'Pour envoyer un SMS, reconnectez-vous dans l’onglet de votre journée.',
      'too-many': (until: string) =>
        `Trop de SMS en peu de temps. Réessayez à ${until}, ou créez un lien.`,
      'too-late': () => 'L’heure de ce rendez-vous est passée. Créez un lien.',
      'not-here': () => 'Vous ne pouvez pas envoyer de SMS pour cet appel. Créez un lien.',
      unreached: () => 'Le serveur n’a pas répondu. Réessayez, ou créez un lien.',
    },
    ownPhone: 'Téléphone mobile (facultatif)',
    sms: 'Écrire un SMS avec cet appareil',
    mail: 'Écrire un courriel',
    code: 'Code à viser avec un autre téléphone',
    message: (link: string) => `Voici le lien de l’appel vidéo : ${link}`,
    another: 'Inviter encore une personne',
  },

  lens: {
    open: 'Régler cette image',
    group: 'Réglage de l’image',
    closer: 'Agrandir',
    farther: 'Réduire',
    whole: 'Voir l’image entière',
    fill: 'Remplir la place',
    full: 'Mettre en plein écran',
    notFull: 'Quitter le plein écran',
    apart: 'Détacher l’image',
    scale: (percent: number) => `Agrandissement : ${percent} %`,
  },

  comfort: {
    open: 'Régler le texte et les annonces',
    title: 'Texte, annonces et clavier',
    text: 'Taille du texte',
    size: (percent: number) => `${percent} %`,
    announcements: 'Annonces lues par un lecteur d’écran',
    all: 'Tout annoncer',
    few: 'Annoncer l’essentiel : pannes, attente et messages',
    keys: 'Utiliser les raccourcis d’une touche',
    list: {
      microphone: 'Allumer ou couper le micro',
      talk: 'Parler tant que la touche est tenue',
      camera: 'Allumer ou éteindre la caméra',
      messages: 'Ouvrir ou fermer les messages',
      people: 'Ouvrir ou fermer les participants',
      hand: 'Lever ou baisser la main',
      full: 'Mettre en plein écran',
    },
    statement: 'Lire la déclaration d’accessibilité',
  },

  people: {
    waiting: 'En salle d’attente',
    present: 'Dans l’appel',
    hands: 'Mains levées',
    you: '(vous)',
    removedOnce: 'Cette personne a déjà été retirée de l’appel',
    sameLink: (names: string) => `Même lien que ${names}`,
    refused: (n: number) => (n > 1 ? `Demande déjà refusée ${n} fois` : 'Demande déjà refusée'),
    blockName: (name: string) => `Bloquer le lien ${de(name)}`,
    room: 'Salle',
    note: 'Message pour la salle d’attente',
    noteHelp: 'Les personnes qui attendent le lisent tout de suite.',
    noteShown: 'Ce message est affiché.',
    delay: (minutes: number) => `Un retard de ${minutes} minutes est annoncé en salle d’attente.`,
    admitName: (name: string) => `Faire entrer ${name}`,
    refuseName: (name: string) => `Refuser ${name}`,
    muteMicrophoneOf: (name: string) => `Couper le micro ${de(name)}`,
    muteCameraOf: (name: string) => `Couper la caméra ${de(name)}`,
    muteScreenOf: (name: string) => `Arrêter le partage ${de(name)}`,
    lowerHandOf: (name: string) => `Baisser la main ${de(name)}`,
    removeName: (name: string) => `Retirer ${name}`,
    chooseModeOf: (name: string) => `Régler l’appel ${de(name)}`,
    microphoneOn: 'micro allumé',
    microphoneOff: 'micro coupé',
    cameraOn: 'caméra allumée',
    cameraOff: 'caméra éteinte',
    admitAll: 'Faire entrer tout le monde',
    admitAllAsk: 'Faire entrer toutes ces personnes ?',
    admitAllText: (names: string) => `Elles se verront et s’entendront : ${names}.`,
    show: 'Montrer à tout le monde',
    showName: (name: string) => `Montrer ${name} en grand à tout le monde`,
    unshow: 'Ne plus montrer à tout le monde',
    handOver: 'Confier l’organisation',
    handOverAsk: (name: string) => `Confier l’organisation de l’appel à ${name} ?`,
    handOverText: 'Vous resterez dans l’appel, sans l’organiser.',
    interpreter: 'Suivre comme interprète',
    interpreterName: (name: string) => `Suivre ${name} comme interprète`,
    notInterpreter: 'Ne plus suivre comme interprète',
    interpreterHelp: 'Son image passe avant toutes les autres, sur votre écran seulement.',
    volume: (name: string) => `Volume ${de(name)}`,
  },

  devices: {
    blur: 'Flouter l’arrière-plan',
    preview: 'Votre image avec cette caméra',
  },

  typing: {
    show: 'Laisser lire mon texte pendant que je l’écris',
    writes: (name: string) => `${name} écrit…`,
  },

  chat: {
    empty: 'Aucun message pour le moment.',
    label: 'Votre message',
    to: (names: string) => `Vos messages vont à : ${names}.`,
    private: 'Les messages s’effacent à la fin de l’appel.',
  },

  satisfaction: {
    question: 'Comment s’est passée cette consultation ?',
    faces: ['Très mal', 'Mal', 'Moyen', 'Bien', 'Très bien'],
    anonymous: 'Réponse facultative et anonyme.',
    thanks: 'Merci de votre réponse.',
    failed: 'La réponse n’est pas partie. Touchez un visage pour réessayer.',
  },

  confirm: {
    refuse: {
      title: (name: string) => `Refuser l’entrée à ${name} ?`,
      text: 'Cette personne lira que sa demande est refusée.',
    },
    beside: {
      title: (name: string, others: string) => `Faire entrer ${name} avec ${others} ?`,
      text: 'Ces personnes se verront et s’entendront : elles n’ont pas le même lien.',
      first: (name: string) => `D’abord raccompagner ${name}`,
    },
    block: {
      title: (name: string) => `Bloquer le lien ${de(name)} ?`,
      text: 'Toutes les personnes qui l’utilisent sortent. Il n’ouvrira plus cette salle.',
    },
    remove: {
      title: (name: string) => `Retirer ${name} de l’appel ?`,
      text: 'Cette personne pourra seulement revenir par la salle d’attente.',
    },
    end: {
      title: 'Terminer l’appel pour tous ?',
      text: 'Tous les participants quitteront l’appel.',
    },
  },
}

/** What every language must provide. */
export type Catalogue = typeof fr
