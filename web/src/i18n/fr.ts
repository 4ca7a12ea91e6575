import { de } from './elision'

/**
 * Every sentence of the client, in French, the source language. Sentences have at most 15 words,
 * say "vous" and use no jargon: a patient of 85 and a nurse in a hurry read them. The space before
 * ? ! : ; and inside « » is one that does not break. `actions` holds the words on buttons; each
 * begins with a verb.
 */
export const fr = {
  actions: {
    next: 'Continuer',
    back: 'Revenir',
    retry: 'Réessayer',
    apply: 'Appliquer',
    close: 'Fermer',
    allow: 'Autoriser la caméra et le micro',
    withoutVideo: 'Continuer sans vidéo',
    withoutMicrophone: 'Continuer sans micro',
    withoutBoth: 'Continuer sans caméra ni micro',
    seeMyself: 'Oui, je me vois',
    hear: 'Écouter le son',
    hearAgain: 'Écouter encore',
    heard: 'Oui, j’ai entendu',
    notHeard: 'Non, je n’entends rien',
    enter: 'Entrer',
    test: 'Tester mon matériel',
    testConnection: 'Tester ma connexion',
    turnCameraOn: 'Allumer la caméra',
    turnCameraOff: 'Éteindre la caméra',
    turnMicrophoneOn: 'Allumer le micro',
    turnMicrophoneOff: 'Couper le micro',
    unblockSound: 'Touchez pour activer le son',
    leave: 'Quitter l’appel',
    leaveWaiting: 'Quitter',
    stay: 'Rester dans l’appel',
    endForAll: 'Terminer pour tous',
    returnToCall: 'Revenir',
    continueHere: 'Continuer ici',
    admit: 'Faire entrer',
    showWaiting: 'Voir la liste',
    stopScreen: 'Arrêter mon partage',
    devices: 'Choisir micro, caméra et son',
    people: 'Voir les participants',
    send: 'Envoyer',
    swapToSelf: 'Agrandir votre image',
    enlarge: (name: string) => `Agrandir l’image ${de(name)}`,
    followSpeaker: 'Suivre la personne qui parle',
    previousPage: 'Voir les images précédentes',
    nextPage: 'Voir les images suivantes',
    picturesBack: 'Remettre les images',
    receivePictures: 'Recevoir les images',
    automaticAgain: 'Revenir en automatique',
    keepMode: 'Garder ce réglage',
    chooseMode: 'Régler pour une connexion faible',
  },

  connecting: {
    title: 'Connexion en cours',
    text: 'Un instant, nous préparons votre appel.',
  },

  link: {
    lost: 'La connexion est perdue.',
    lostInCall: 'La connexion est coupée. Restez sur cette page.',
    quiet: 'La liaison avec le serveur est coupée. L’appel continue.',
    retryIn: (seconds: number) => `Nouvel essai dans ${seconds} s.`,
    retryNow: 'Nouvel essai en cours…',
    mediaLost: 'Le son et l’image sont interrompus. Nous les rétablissons.',
    mediaConnecting: 'Le son et l’image arrivent…',
  },

  later: {
    coming: 'Un instant…',
    missing: 'Cette partie n’a pas pu être chargée. La connexion manque peut-être.',
  },

  house: {
    phone: 'Besoin d’aide ? Appelez le',
    meeting: (host: string, when: string) =>
      `Rendez-vous${host && ` avec ${host}`}${when && ` à ${when}`}`,
    zone: (place: string) => ` (heure ${de(place)})`,
    accessibility: {
      none: 'Accessibilité : non conforme',
      partial: 'Accessibilité : partiellement conforme',
      full: 'Accessibilité : totalement conforme',
    },
  },

  lobby: {
    step: (step: number, of: number) => `Étape ${step} sur ${of}`,
    progress: 'Préparation de l’appel',
    name: {
      title: 'Comment vous appelez-vous ?',
      label: 'Votre nom',
      help: 'Les autres participants verront ce nom.',
      missing: 'Écrivez votre nom pour continuer.',
    },
    permission: {
      title: 'Autorisez la caméra et le micro',
      text: 'Le navigateur va poser une question. Répondez « Autoriser ».',
      asking: 'Répondez à la question du navigateur.',
    },
    see: {
      title: 'Vous voyez-vous ?',
      text: 'Placez votre visage au milieu, face à la lumière.',
      choose: 'Caméra utilisée',
      noneText: 'Les autres vous entendront, mais ne vous verront pas.',
    },
    speak: {
      title: 'Dites quelques mots',
      text: 'La barre verte doit bouger quand vous parlez.',
      heard: 'Très bien, votre micro fonctionne.',
      silence: 'Nous n’entendons rien. Parlez plus fort, ou choisissez un autre micro.',
      choose: 'Micro utilisé',
      level: 'Niveau de votre voix',
      none: 'Sans micro',
      noneText: 'Vous pourrez écouter et écrire des messages.',
    },
    hear: {
      title: 'Écoutez ce son',
      text: 'Touchez le bouton. Vous devez entendre trois notes.',
      playing: 'Le son est en cours…',
      question: 'Avez-vous entendu le son ?',
      help: 'Montez le volume de l’appareil. Vérifiez que le mode silencieux est éteint.',
      failed: 'Le son n’a pas pu être joué. Essayez encore.',
      choose: 'Haut-parleur utilisé',
    },
    ready: {
      title: 'Tout est prêt',
      textGuest: 'Vous allez passer par la salle d’attente.',
      textStaff: 'Vous allez entrer dans l’appel.',
      entering: 'Entrée en cours…',
    },
    welcomeBack: {
      title: 'Voulez-vous entrer ?',
      text: 'Votre matériel fonctionnait la dernière fois.',
    },
  },

  devices: {
    title: 'Micro, caméra et son',
    camera: 'Caméra',
    microphone: 'Micro',
    speaker: 'Haut-parleur',
    unnamed: (n: number) => `Appareil ${n}`,
    systemSpeaker: 'Le son sort par le haut-parleur choisi dans votre appareil.',
    noChoice: 'Aucun appareil trouvé',
    systemChoice: 'Celui de votre appareil',
    opening: {
      camera: 'La caméra s’ouvre…',
      microphone: 'Le micro s’ouvre…',
      screen: 'Choisissez ce que vous voulez montrer.',
    },
    trouble: {
      camera: {
        'refused-by-person': 'La question du navigateur est restée sans réponse.',
        'refused-by-browser': 'La caméra n’est pas autorisée.',
        'refused-by-system': 'Votre appareil interdit la caméra au navigateur.',
        missing: 'Aucune caméra n’est branchée.',
        busy: 'La caméra est utilisée par un autre programme. Fermez-le, puis réessayez.',
        lost: 'La caméra est débranchée.',
        interrupted: 'La caméra est interrompue par votre appareil. Elle reviendra seule.',
        insecure: 'Cette page n’est pas sécurisée. Ouvrez le lien qui commence par https.',
        failed: 'La caméra ne fonctionne pas.',
      },
      microphone: {
        'refused-by-person': 'La question du navigateur est restée sans réponse.',
        'refused-by-browser': 'Le micro n’est pas autorisé.',
        'refused-by-system': 'Votre appareil interdit le micro au navigateur.',
        missing: 'Aucun micro n’est branché.',
        busy: 'Le micro est utilisé par un autre programme. Fermez-le, puis réessayez.',
        lost: 'Le micro est débranché. Branchez-le, ou choisissez-en un autre.',
        interrupted: 'Votre appareil a coupé le micro : appel, assistant ou touche « muet ».',
        insecure: 'Cette page n’est pas sécurisée. Ouvrez le lien qui commence par https.',
        failed: 'Le micro ne fonctionne pas.',
      },
      screen: {
        'refused-by-person': 'Vous n’avez rien choisi : rien n’est partagé.',
        'refused-by-browser': 'Ce navigateur n’autorise pas le partage d’écran.',
        'refused-by-system': 'Votre appareil interdit le partage d’écran au navigateur.',
        missing: 'Aucun écran ne peut être partagé.',
        busy: 'Cette fenêtre ne peut pas être partagée. Choisissez-en une autre.',
        lost: 'Le partage de votre écran est terminé.',
        interrupted: 'La fenêtre partagée est réduite : les autres ne la voient plus.',
        insecure: 'Cette page n’est pas sécurisée. Ouvrez le lien qui commence par https.',
        failed: 'Le partage n’a pas pu commencer. Réessayez.',
      },
      bothRefused: 'La caméra et le micro ne sont pas autorisés.',
      soundGoesOn: 'Le son continue.',
      speaker: 'Le haut-parleur choisi n’est plus là. Le son passe par un autre.',
    },
    kept: {
      camera: 'Cette caméra ne répond pas. La précédente est reprise.',
      microphone: 'Ce micro ne répond pas. Le précédent est repris.',
    },
  },

  waiting: {
    title: 'Vous êtes au bon endroit',
    expectedBy: (name: string) => `${name} est là et peut vous faire entrer.`,
    nobodyYet: 'La personne qui vous reçoit n’est pas encore là.',
    stay: 'Restez sur cette page. L’appel commencera tout seul.',
    note: 'Message de l’équipe',
    delay: (minutes: number) => `Environ ${minutes} minutes de retard.`,
    document: 'Salle d’attente',
  },

  call: {
    title: 'Appel en cours',
    bar: 'Commandes de l’appel',
    microphone: 'Micro',
    microphoneOff: 'Micro coupé',
    camera: 'Caméra',
    cameraOff: 'Caméra éteinte',
    messages: 'Messages',
    quit: 'Quitter',
    more: 'Plus',
    people: 'Participants',
    stage: 'Images de l’appel',
    unread: (n: number) => (n > 1 ? `${n} messages non lus` : `${n} message non lu`),
    handsUp: (n: number) => (n > 1 ? `${n} mains levées` : `${n} main levée`),
    waitingCount: (n: number) => (n > 1 ? `${n} personnes attendent` : `${n} personne attend`),
    alone: 'Il n’y a que vous dans l’appel pour le moment.',
    page: (page: number, of: number) => `Page ${page} sur ${of}`,
    locked: 'Salle verrouillée',
    writes: (name: string, text: string) => `${name} écrit : ${text}`,
  },

  mode: {
    bar: { automatic: 'Réseau', saver: 'Économie', voice: 'Son seul' },
    name: { automatic: 'Automatique', saver: 'Économie de données', voice: 'Son seul' },
    voiceOn: 'Son seul : les images sont coupées.',
    notReceiving: 'Vous ne recevez plus les images des autres.',
    usedLittle: 'Moins de 1 Mo utilisé',
    used: (megabytes: number) =>
      megabytes > 1 ? `${megabytes} Mo utilisés` : `${megabytes} Mo utilisé`,
    usedGigabytes: (gigabytes: string) => `${gigabytes} Go utilisés`,
    setBy: {
      automatic: (by: string) => `${by} a remis votre appel en automatique.`,
      saver: (by: string) =>
        `${by} a réglé votre appel sur « économie de données » pour que votre voix passe mieux.`,
      voice: (by: string) =>
        `${by} a réglé votre appel sur « son seul » pour que votre voix passe mieux.`,
    },
  },

  tile: {
    self: 'Vous',
    screenOf: (name: string) => `Document ${de(name)}`,
    ownScreen: 'Vous partagez votre écran.',
    speaking: 'parle',
    muted: 'micro coupé',
    away: 'reconnexion en cours',
    hand: (rank: number) => `main levée, numéro ${rank}`,
    pinned: 'image choisie',
    spotlight: 'montrée à tout le monde',
    coming: 'L’image arrive…',
    frozen: 'Image figée',
    still: (seconds: number) => `Image fixe, il y a ${seconds} s`,
    voiceOnly: 'Son seul',
    insufficient: 'Image insuffisante pour observer les mouvements',
    quality: { good: 'qualité bonne', fair: 'qualité moyenne', weak: 'qualité faible' },
    short: {
      downlink: 'Votre connexion est faible.',
      uplink: (name: string) => `La connexion ${de(name)} est faible.`,
      device: 'Cet appareil est trop occupé pour une meilleure image.',
      camera: (name: string) => `La caméra ou l’appareil ${de(name)} ne donne pas mieux.`,
    },
    delivery: {
      'small-own': 'Les autres vous voient en petite image : votre connexion est faible.',
      'small-theirs': 'Les autres vous voient en petite image : leur connexion est faible.',
      'small-device': 'Cet appareil est trop occupé : les autres vous voient moins bien.',
      'still-own': 'Les autres vous voient en image fixe : votre connexion est faible.',
      'still-theirs': 'Les autres vous voient en image fixe : leur connexion est faible.',
      'none-own': 'Les autres ne voient plus votre image, ils vous entendent.',
      'none-theirs': 'Les autres ne voient plus votre image, ils vous entendent.',
      unseen: 'Un autre appareil ne sait pas lire votre image. Il vous entend.',
    },
    deliveryShort: {
      'small-own': 'Petite image',
      'small-theirs': 'Petite image',
      'small-device': 'Appareil trop occupé',
      'still-own': 'Image fixe',
      'still-theirs': 'Image fixe',
      'none-own': 'Image coupée',
      'none-theirs': 'Image coupée',
      unseen: 'Image illisible ailleurs',
    },
    paused: {
      downlink: 'Connexion faible : l’image est coupée, le son continue.',
      uplink: (name: string) =>
        `Connexion faible chez ${name} : l’image est coupée, le son continue.`,
      publisher: 'Aucune image n’arrive pour le moment.',
      slots: 'Trop d’images à la fois : celle-ci attend.',
      codec: 'Ce navigateur ne sait pas lire cette image. Essayez-en un autre.',
    },
    pausedShort: {
      downlink: 'Connexion faible',
      uplink: 'Connexion faible',
      publisher: 'Image à venir',
      slots: 'Image en attente',
      codec: 'Image illisible ici',
    },
  },

  people: {
    role: { host: 'organise l’appel', clinician: 'équipe soignante', guest: 'sur invitation' },
    invitedAs: (name: string) => `invitation au nom ${de(name)}`,
  },

  unattended: {
    alone: 'L’équipe n’est plus dans l’appel.',
    stopped: 'L’équipe n’est plus là : personne ne vous voit ni ne vous entend.',
    ends: (minutes: number) => `Sans elle, l’appel se termine dans ${minutes} min.`,
  },

  sameLink: {
    muted: (names: string) =>
      `Le même lien est déjà ouvert par ${names}. Votre micro est coupé contre l’écho.`,
    other: (names: string) =>
      `Le même lien vient d’être ouvert par ${names}, avec le micro coupé contre l’écho.`,
  },

  waits: {
    region: 'Salle d’attente',
    one: (name: string) => `${name} attend`,
    several: (name: string, n: number) =>
      n > 1
        ? `${name} et ${n} autres personnes attendent`
        : `${name} et une autre personne attendent`,
    refused: '(demande déjà refusée)',
    since: (minutes: number) => `depuis ${minutes} min`,
    minutes: (minutes: number) => `${minutes} min`,
  },

  confirm: {
    leave: { title: 'Quitter l’appel ?', text: 'Vous pourrez revenir.' },
  },

  notice: {
    joined: (name: string) => `${name} rejoint l’appel.`,
    left: (name: string) => `${name} quitte l’appel.`,
    muted: {
      microphone: (by: string) => `${by} a coupé votre micro.`,
      camera: (by: string) => `${by} a coupé votre caméra.`,
      screen: (by: string) => `${by} a arrêté votre partage.`,
    },
    unheard: 'Vous parlez, mais votre micro est coupé.',
    hand: (name: string) => `${name} lève la main.`,
    host: (name: string) => `${name} organise maintenant l’appel.`,
    hostMine: 'Vous organisez maintenant l’appel.',
    screenShared: (name: string) => `${name} partage son écran.`,
    screenStopped: (name: string) => `${name} ne partage plus son écran.`,
    errors: {
      malformed: 'Cette action n’a pas été comprise. Réessayez.',
      'too-large': 'Ce message est trop long.',
      'too-fast': 'Trop d’actions à la fois. Attendez un instant.',
      unsent: 'Message pas encore envoyé : attendez un instant, puis appuyez sur Envoyer.',
      forbidden: 'Vous n’avez pas le droit de faire cela.',
      'out-of-place': 'Cette action n’est pas possible pour le moment.',
      occupied: 'Une autre personne est encore là. Voulez-vous qu’elles se rencontrent ?',
      'not-found': 'Cette personne n’est plus là.',
      sdp: 'Votre navigateur n’a pas pu établir l’appel.',
      server: 'Le serveur a rencontré un problème. Réessayez.',
      unknown: 'Un problème est survenu. Réessayez.',
    },
  },

  endings: {
    waiting: 'Vous avez quitté la salle d’attente',
    mine: { title: 'Vous avez terminé l’appel', text: 'Il est fermé pour tous les participants.' },
    guest: {
      title: 'La consultation est terminée',
      text: 'La personne qui vous recevait a fermé l’appel.',
    },
  },

  ended: {
    closeTab: 'Vous pouvez fermer cette page.',
    left: {
      title: 'Vous avez quitté l’appel',
      text: 'Si c’était une erreur, vous pouvez revenir.',
    },
    ended: { title: 'L’appel est terminé', text: 'La personne qui organise a mis fin à l’appel.' },
    removed: {
      title: 'Vous ne participez plus à l’appel',
      text: 'L’équipe vous a fait sortir. Pour revenir, vous passerez par la salle d’attente.',
    },
    refused: {
      title: 'Vous n’avez pas pu entrer',
      text: 'La demande a été refusée. Contactez la personne qui vous invite.',
    },
    replaced: {
      title: 'L’appel est ouvert ailleurs',
      text: 'Votre lien est ouvert dans un autre onglet ou appareil.',
    },
    elsewhere: {
      title: 'L’appel est déjà ouvert sur un autre appareil',
      text: 'Vous pouvez continuer sur celui-ci.',
    },
    blocked: {
      title: 'Cette invitation a été retirée',
      text: 'Contactez la personne qui vous invite.',
    },
    revoked: {
      title: 'Cette invitation a été retirée',
      text: 'Demandez un nouveau lien à la personne qui vous invite.',
    },
    busy: { title: 'Trop d’essais à la fois', text: 'Attendez une minute, puis revenez.' },
    expired: {
      title: 'Cette invitation est terminée',
      text: 'Demandez un nouveau lien à la personne qui vous invite.',
    },
    'not-yet': {
      title: 'Il est encore trop tôt',
      text: 'L’invitation n’est pas encore valable.',
    },
    invalid: {
      title: 'Ce lien ne fonctionne pas',
      text: 'Il est incomplet ou abîmé. Ouvrez-le à nouveau depuis votre message.',
    },
    full: { title: 'La salle est pleine', text: 'Attendez qu’une personne sorte, puis réessayez.' },
    locked: {
      title: 'La salle est verrouillée',
      text: 'Prévenez la personne qui vous invite, puis réessayez.',
    },
    protocol: {
      title: 'L’appel a été interrompu',
      text: 'Cette page a eu un problème. Revenez dans l’appel.',
    },
    slow: {
      title: 'La connexion était trop lente',
      text: 'Rapprochez-vous de la borne Wi-Fi, puis revenez.',
    },
    shutdown: { title: 'Le service redémarre', text: 'Attendez une minute, puis revenez.' },
    moved: { title: 'L’appel a été interrompu', text: 'Attendez une minute, puis revenez.' },
    unsupported: {
      title: 'Ce navigateur ne convient pas',
      text: 'Ouvrez le lien avec une version récente de Chrome, Edge, Firefox ou Safari.',
    },
  },
}

/** What every language must provide: a missing or superfluous key is a type error. */
export type Catalogue = typeof fr
