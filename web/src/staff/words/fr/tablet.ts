export const tablet = {
  title: 'Tablette',
  enrol: {
    title: 'Préparer cette tablette',
    text: 'L’administrateur vous donne un code à 8 chiffres, valable dix minutes.',
    code: 'Code à 8 chiffres',
    short: 'Il faut les 8 chiffres du code.',
    button: 'Enregistrer cette tablette',
    noKeys: 'Ce navigateur ne garde pas de clé. Prévenez votre service informatique.',
    help: {
      a: 'Demandez le code à votre administrateur.',
      b: 'Une seule fois suffit : la tablette s’en souvient.',
    },
  },
  revoked: {
    title: 'Cette tablette n’est plus autorisée',
    text: 'Son accès a été retiré. Demandez un nouveau code à votre administrateur.',
    button: 'Entrer un nouveau code',
  },
  idle: {
    title: 'Tablette en veille',
    text: 'Rien n’est affiché, pour protéger les patients.',
    button: 'Afficher la liste du jour',
  },
  list: {
    title: (place: string) => `Aujourd’hui, ${place}`,
    empty: 'Aucun rendez-vous ici aujourd’hui.',
    choose: 'Préparer l’appel',
    again: 'Reprendre l’appel',
    delay: (minutes: number) => `Le médecin annonce ${minutes} minutes de retard.`,
    help: {
      a: 'Touchez « Préparer l’appel » à côté du nom du patient.',
      b: 'La liste se met à jour toute seule.',
      c: 'Sans geste pendant deux minutes, elle se cache.',
    },
  },
  identity: {
    title: 'Vérifier l’identité',
    read: 'Lisez chaque ligne à voix haute. Le patient confirme.',
    by: 'Votre nom et votre fonction',
    byHelp: 'Nom déclaré, non vérifié. Il est noté comme tel.',
    agreed: 'Oui, tout est exact',
    wrong: 'Non, il y a une différence',
    stop: 'Ne lancez pas l’appel. Téléphonez au secrétariat.',
    phone: (number: string) => `Téléphone sur place : ${number}`,
    help: {
      a: 'Le patient ne peut pas répondre ? Vérifiez son bracelet.',
      b: 'En cas de doute, choisissez « Non ».',
    },
  },
  consent: {
    title: 'L’accord du patient',
    text: {
      a: 'Le médecin vous verra et vous entendra par cette tablette.',
      b: 'Ni l’image ni le son ne sont enregistrés.',
      c: 'Vous pouvez refuser, ou arrêter quand vous voulez.',
    },
    given: 'Oui, la personne est d’accord',
    refused: 'Non, elle refuse',
    representative: 'Un représentant répond à sa place',
    who: 'Nom et qualité du représentant',
    means: 'Information donnée',
    oral: 'à l’oral',
    written: 'par écrit',
    refusedText: 'Le refus est noté. L’appel n’est pas lancé.',
    help: {
      a: 'Dites ces trois phrases au patient, avec vos mots.',
      b: 'Un refus ne demande aucune explication.',
    },
  },
  call: {
    title: 'Tout est prêt',
    text: 'Placez la tablette face au visage, à hauteur des yeux.',
    button: 'Appeler',
    early: 'Ce rendez-vous commence plus tard. Vous pourrez appeler à l’approche de l’heure.',
    help: {
      a: 'Évitez une fenêtre derrière le patient.',
      b: 'Le médecin est prévenu dès que vous êtes en salle d’attente.',
    },
  },
  after: {
    endings: {
      left: { title: 'Vous avez quitté l’appel', text: 'Le médecin peut encore y être.' },
      ended: { title: 'L’appel est terminé', text: 'Le médecin l’a fermé.' },
      unmet: {
        title: 'Vous avez quitté la salle d’attente',
        text: 'L’appel n’a pas commencé. Le médecin ne voit plus que vous attendez.',
      },
      closed: {
        title: 'L’appel est fermé',
        text: 'Le médecin l’a fermé avant de vous faire entrer. Téléphonez au secrétariat.',
      },
      refused: {
        title: 'La tablette n’est pas entrée',
        text: 'Le médecin a refusé la demande. Téléphonez au secrétariat.',
      },
      removed: {
        title: 'La tablette ne participe plus à l’appel',
        text: 'L’équipe l’a fait sortir. En rappelant, vous passerez par la salle d’attente.',
      },
      elsewhere: {
        title: 'L’appel continue sur un autre appareil',
        text: 'Une autre tablette ou un autre onglet l’a repris.',
      },
      over: {
        title: 'Ce rendez-vous ne s’ouvre plus',
        text: 'Il est passé, déplacé ou annulé. Téléphonez au secrétariat.',
      },
      busy: {
        title: 'La salle ne s’ouvre pas pour le moment',
        text: 'Attendez une minute, puis rappelez.',
      },
      unsupported: {
        title: 'Ce navigateur ne convient pas',
        text: 'Prévenez votre service informatique : il faut une version récente.',
      },
      interrupted: {
        title: 'L’appel a été interrompu',
        text: 'La connexion n’a pas tenu. Rappelez quand vous voulez.',
      },
    },
    text: 'Rien du patient ne reste affiché sur cette tablette.',
    button: 'Revenir à la liste',
    again: 'Rappeler',
  },
  stop: 'Arrêter et effacer',
  next: 'Continuer',
}
