const people = (count: number) =>
  count === 1 ? '1 personne attend' : `${count} personnes attendent`

export const day = {
  title: 'Ma journée',
  document: (waiting: number) => (waiting > 0 ? `(${people(waiting)}) Ma journée` : 'Ma journée'),
  today: 'Aujourd’hui',
  previous: 'Jour précédent',
  next: 'Jour suivant',
  date: 'Choisir un jour',
  establishment: 'Établissement',
  allEstablishments: 'Tous',
  whose: 'Rendez-vous affichés',
  mine: 'Les miens',
  everybody: 'Tout le service',
  empty: 'Aucun rendez-vous ce jour.',
  sections: {
    waiting: 'Attendent maintenant',
    ongoing: 'En cours',
    expected: 'À venir',
    over: 'Terminés et annulés',
  },
  state: {
    expected: 'pas encore là',
    waiting: (minutes: number) =>
      minutes < 1 ? 'vient d’arriver' : `attend depuis ${minutes} min`,
    ongoing: (minutes: number) => `en cours depuis ${minutes} min`,
    over: 'terminé',
    noshow: 'absent',
    cancelled: 'annulé',
  },
  queue: 'file du service',
  noPatient: 'Réunion',
  aboutOpinion: 'Appel au sujet d’un avis',
  begin: 'Commencer',
  join: 'Rejoindre',
  open: 'Voir le rendez-vous',
  opening: 'Ouverture de l’appel…',
  undelivered: (count: number) =>
    count === 1 ? '1 message non remis' : `${count} messages non remis`,
  consent: {
    given: 'accord donné',
    refused: 'accord refusé',
    withdrawn: 'accord retiré',
  },
  ownDevice: 'sur son appareil',
  sound: {
    on: 'Activer la sonnerie',
    off: 'Couper la sonnerie',
    blocked: 'Le navigateur bloque la sonnerie. Touchez le bouton pour l’entendre.',
    hush: 'Arrêter de sonner',
    isOff: 'La sonnerie est coupée.',
  },
  delay: {
    title: 'Prévenir les personnes qui attendent',
    service: 'Service',
    minutes: 'Retard annoncé',
    none: 'aucun retard',
    some: (minutes: number) => `${minutes} minutes de retard`,
    onlyMine: 'Seulement mes patients',
    said: (service: string, minutes: number) =>
      `${service} : ${minutes} minutes de retard annoncées`,
    tell: 'Annoncer',
    told: 'C’est annoncé aux personnes qui attendent.',
    clear: 'Ne plus annoncer',
  },
  week: {
    title: 'Réunions de la semaine',
    previous: 'Semaine précédente',
    next: 'Semaine suivante',
    of: (from: string, to: string) => `Du ${from} au ${to}`,
    empty: 'Aucune réunion cette semaine.',
    present: (count: number) =>
      count === 1 ? '1 personne présente' : `${count} personnes présentes`,
  },
}
