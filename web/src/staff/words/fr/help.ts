/** Help beside each page, in the words of its user, and the tour of the first day. */
export const help = {
  region: 'Aide',
  pages: {
    day: {
      title: 'Votre journée en bref',
      steps: {
        a: 'Qui attend est en haut, et une sonnerie le signale.',
        b: 'Touchez « Commencer » : l’appel s’ouvre dans un nouvel onglet.',
        c: 'La sonnerie se répète jusqu’à « Commencer » ou « Arrêter de sonner ».',
        d: 'En retard ? Annoncez-le en bas de page : qui attend le lit.',
        e: 'Touchez un nom pour déplacer, annuler ou renvoyer le lien.',
      },
    },
    week: {
      title: 'Les réunions d’équipe',
      steps: {
        a: 'Toutes vos réunions de la semaine, jour par jour.',
        b: 'Touchez « Rejoindre » à l’heure dite.',
        c: 'Pour en créer une, ouvrez « Nouveau rendez-vous », puis « Réunion d’équipe ».',
      },
    },
    book: {
      title: 'Prendre un rendez-vous',
      steps: {
        a: 'Tapez le numéro de l’hôpital, ou le nom et la date de naissance.',
        b: 'Choisissez le jour et l’heure.',
        c: 'Laissez les professionnels vides pour la file du service.',
        d: 'Le lien part seul. Il ne contient ni nom, ni motif.',
        e: 'Si quelqu’un est déjà pris, la page le dit avant d’enregistrer.',
      },
    },
    appointment: {
      title: 'Ce rendez-vous',
      steps: {
        a: 'Lien perdu ? « Envoyer un nouveau lien » retire l’ancien.',
        b: 'Sans courriel ni SMS, imprimez le lien et remettez-le.',
        c: 'Déplacer garde les mêmes liens et prévient les invités.',
        d: 'Un message en échec est expliqué en bas de page.',
      },
    },
    opinions: {
      title: 'Les avis d’experts',
      steps: {
        a: 'La couleur dit le temps qui reste. Le rouge : le délai est passé.',
        b: 'La personne qui prend en charge répond seule, ou rend la demande à la file.',
        c: 'Les deux côtés gardent le même compte rendu.',
      },
    },
    threads: {
      title: 'Les fils d’équipe',
      steps: {
        a: 'Un fil par réunion d’équipe, par équipe d’astreinte, par secteur.',
        b: 'Seuls ses membres le lisent. L’administration ne le lit pas.',
        c: 'Sans connexion, écrivez quand même : le message part ensuite, une seule fois.',
        d: 'Ce qui compte pour le soin va dans le dossier du patient.',
      },
    },
    teams: {
      title: 'Équipes et secteurs',
      steps: {
        a: 'Une équipe d’astreinte : choisissez ses membres, changez-les quand elle change.',
        b: 'Un secteur réunit des services et des lieux, même d’autres établissements.',
        c: 'Un message gêne ? Effacez-le ici. La trace reste.',
      },
    },
    figures: {
      title: 'Les chiffres en bref',
      steps: {
        a: 'Chaque dessin a son tableau à côté.',
        b: 'L’attente compte à partir de l’heure prévue.',
        c: 'Une correction après coup change aussi les chiffres.',
        d: 'Le fichier s’ouvre dans Excel. Il ne contient aucun nom.',
      },
    },
    account: {
      title: 'Votre compte',
      steps: {
        a: 'Une session que vous ne reconnaissez pas ? Fermez-la, changez le mot de passe.',
        b: 'Une clé d’accès remplace le mot de passe et le code.',
        c: 'Sur un ordinateur partagé, déconnectez-vous en partant.',
      },
    },
    establishments: {
      title: 'Les établissements',
      steps: {
        a: 'Un établissement ne voit jamais les patients d’un autre.',
        b: 'Le fuseau horaire décide de l’heure de ses rendez-vous.',
        c: 'Fermé, il ne prend plus de rendez-vous. Rien n’est effacé.',
      },
    },
    places: {
      title: 'Services, lieux et tablettes',
      steps: {
        a: 'Un service donne des rendez-vous. Ses médecins partagent sa file.',
        b: 'Un lieu est là où se trouve le patient, avec une tablette.',
        c: 'Sur la tablette, ouvrez l’adresse donnée avec le code, puis tapez ses 8 chiffres.',
        d: 'Tablette perdue ? Retirez-la : elle se ferme en une seconde.',
      },
    },
    people: {
      title: 'Les personnes et leurs droits',
      steps: {
        a: 'Ajoutez la personne, donnez-lui un droit, puis préparez son lien.',
        b: 'Le lien sert une fois : elle choisit sa façon de se connecter.',
        c: 'Un droit vaut pour un service, ou pour tout l’établissement.',
        d: 'Vous ne voyez aucun patient : c’est voulu.',
      },
    },
    import: {
      title: 'Importer une liste',
      steps: {
        a: 'Un fichier CSV d’Excel convient, avec virgules ou points-virgules.',
        b: 'Rien n’est enregistré avant que vous ayez vu chaque ligne.',
        c: 'Les lignes à corriger sont laissées de côté, avec la raison.',
      },
    },
    identities: {
      title: 'Les identités inconnues',
      steps: {
        a: 'Quelqu’un s’est connecté par un service, mais n’a aucun accès ici.',
        b: 'Reliez cette identité seulement si vous savez de qui il s’agit.',
        c: 'La personne pourra alors entrer, avec ses droits.',
      },
    },
    settings: {
      title: 'Les réglages',
      steps: {
        a: 'Un établissement peut avoir son réglage, à la place de celui du groupement.',
        b: '« Essayer » montre chaque étape, et pourquoi cela ne marche pas.',
        c: 'Le numéro du secrétariat est écrit dans chaque message.',
      },
    },
    machines: {
      title: 'Les logiciels raccordés',
      steps: {
        a: 'Un logiciel de rendez-vous peut créer des salles sans que personne se connecte.',
        b: 'Il ne voit que cet établissement. Tout ce qu’il lit ou écrit est dans les traces.',
        c: 'Un doute ? Retirez-le : il est refusé dès sa prochaine demande.',
      },
    },
    outbox: {
      title: 'Les envois',
      steps: {
        a: 'Les échecs sont en premier, avec la raison et quoi faire.',
        b: 'Un serveur absent n’efface rien : les messages attendent, dans l’ordre.',
        c: '« Renvoyer » essaie tout de suite. Prévenez aussi par téléphone si c’est urgent.',
      },
    },
    received: {
      title: 'Le système hospitalier',
      steps: {
        a: 'Les refus sont en premier : le champ, ce qui était attendu, ce qui est venu.',
        b: 'Corrigez ici ce qui manque, puis touchez « Rejouer ».',
        c: 'Si l’erreur vient de l’hôpital, transmettez-lui l’identifiant du message.',
        d: 'Vous ne voyez aucun patient : c’est voulu.',
      },
    },
    merges: {
      title: 'Les fusions',
      steps: {
        a: 'La fiche gardée a reçu les rendez-vous de l’autre.',
        b: 'Fusion faite à tort ? « Défaire » rend à chacun ce qui était à lui.',
        c: 'De plusieurs fusions à la suite, défaites d’abord la dernière.',
      },
    },
    audit: {
      title: 'Les traces',
      steps: {
        a: 'Chaque consultation d’un dossier et chaque geste est noté ici.',
        b: 'Touchez un nom pour ne voir que cette personne.',
        c: 'Votre recherche est notée, elle aussi.',
        d: 'La vérification montre que personne n’a modifié les traces.',
      },
    },
  },
  tour: {
    title: 'Bienvenue',
    step: (number: number, of: number) => `Étape ${number} sur ${of}`,
    steps: {
      receives:
        'Le matin, ouvrez « Ma journée » et laissez-la ouverte. Elle sonne à chaque arrivée.',
      begin: 'Quand quelqu’un attend, touchez « Commencer », puis « Faire entrer ».',
      book: '« Nouveau rendez-vous » prend vingt secondes : qui, quand, où. Le lien part seul.',
      admin: '« Administration » : créez un service, un lieu, puis invitez les personnes.',
      help: 'L’aide est à côté de chaque page. Vous pouvez la masquer.',
    },
  },
}
