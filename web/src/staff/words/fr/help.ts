/** Help beside each page, in the words of its user, and the tour of the first day. */
export const help = {
  region: 'Aide',
  pages: {
    day: {
      title: 'Votre journée en bref',
      steps: {
        a: 'Qui attend est en haut, et une sonnerie le signale.',
        b: 'Touchez « Commencer » : l’appel s’ouvre dans un nouvel onglet.',
        c: 'La sonnerie se répète jusqu’à ce que vous commenciez.',
        d: 'En retard ? Annoncez-le en bas de page, ceux qui attendent le lisent.',
        e: 'Touchez un nom pour déplacer, annuler ou renvoyer le lien.',
      },
    },
    week: {
      title: 'Les réunions d’équipe',
      steps: {
        a: 'Toutes vos réunions de la semaine, jour par jour.',
        b: 'Touchez « Rejoindre » à l’heure dite.',
        c: 'Pour en créer une, ouvrez « Nouveau rendez-vous », puis « Réunion d’équipe ».',
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
        a: 'Lien perdu ? « Envoyer un nouveau lien » retire l’ancien.',
        b: 'Sans courriel ni SMS, imprimez le lien et remettez-le.',
        c: 'Déplacer garde les mêmes liens et prévient les invités.',
        d: 'Un message en échec est expliqué en bas de page.',
      },
    },
    account: {
      title: 'Votre compte',
      steps: {
        a: 'Une session que vous ne reconnaissez pas ? Fermez-la, changez le mot de passe.',
        b: 'Une clé d’accès remplace le mot de passe et le code.',
        c: 'Sur un ordinateur partagé, déconnectez-vous en partant.',
      },
    },
    admin: {
      title: 'Administrer',
      steps: {
        a: 'Commencez par un service, puis un lieu, puis les personnes.',
        b: 'Chaque personne reçoit un lien à usage unique pour choisir sa connexion.',
        c: 'Un droit vaut pour un service, ou pour tout l’établissement.',
        d: 'Vous ne voyez aucun patient : c’est voulu.',
        e: '« Essayer » montre chaque étape de l’envoi.',
      },
    },
  },
  tour: {
    title: 'Bienvenue',
    step: (number: number, of: number) => `Étape ${number} sur ${of}`,
    steps: {
      receives:
        'Le matin, ouvrez « Ma journée » et laissez-la ouverte. Elle sonne à chaque arrivée.',
      begin: 'Quand quelqu’un attend, touchez « Commencer ». Le patient entre en un instant.',
      book: '« Nouveau rendez-vous » prend vingt secondes : qui, quand, où. Le lien part seul.',
      admin: '« Administration » : créez un service, un lieu, puis invitez les personnes.',
      help: 'L’aide est à côté de chaque page. Vous pouvez la masquer.',
    },
  },
}
