/**
 * The connection test, in French: `screen` is what everybody reads, by the rules of the catalogue;
 * `report` is for the IT department, and calls things by their names.
 */
export const fr = {
  screen: {
    title: 'Test de la connexion',
    running: 'Le test dure une dizaine de secondes. Restez sur cette page.',
    progress: 'Avancement du test',
    results: 'Résultats du test',
    again: 'Recommencer',
    download: 'Télécharger le rapport',
    downloadHelp: 'Le rapport est pour votre service informatique. Il ne contient aucun nom.',
    fitness: {
      good: 'Votre connexion convient : le son et l’image passeront bien.',
      fair: 'Votre connexion suffit : le son passera bien, l’image sera petite.',
      weak: 'Votre connexion est faible : le son passera, l’image peu ou pas.',
      none: 'L’appel ne passe pas sur cette connexion.',
    },
    advice: {
      server: 'Le serveur ne répond pas. Donnez le rapport à votre service informatique.',
      media:
        'Votre réseau bloque le son et l’image. Donnez le rapport à votre service informatique.',
      uplink: 'Ce que vous envoyez passe mal. Rapprochez-vous de la borne Wi-Fi.',
      downlink: 'Ce que vous recevez passe mal. Rapprochez-vous de la borne Wi-Fi.',
      loss: 'La connexion perd du son. Rapprochez-vous de la borne Wi-Fi, ou branchez un câble.',
      delay: 'Le son arrive avec retard. Laissez l’autre finir avant de répondre.',
      unmeasured: 'Le débit n’a pas pu être mesuré. Recommencez le test.',
      inspected:
        'Votre réseau ouvre ce qui est chiffré. Donnez le rapport à votre service informatique.',
      relayed:
        'Votre réseau ferme la voie la plus rapide. Votre service informatique peut l’ouvrir.',
      microphone: 'Le micro ne marche pas : on ne vous entendra pas.',
      camera: 'La caméra ne marche pas : on ne vous verra pas.',
    },
    browser: 'Navigateur',
    microphone: 'Micro',
    camera: 'Caméra',
    websocket: 'Serveur',
    relay: { udp: 'Relais rapide', tcp: 'Relais ordinaire', tls: 'Relais sécurisé' },
    relays: 'Relais',
    voice: 'Son',
    down: 'Réception',
    up: 'Envoi',
    directWay: 'Accès direct',
    route: 'Voie choisie',
    suits: 'convient',
    works: 'fonctionne',
    off: 'éteint par vous',
    untried: 'pas encore essayé',
    broken: 'ne fonctionne pas',
    coming: 'en cours…',
    answers: (ms: number) => `répond en ${ms} ms`,
    silent: 'ne répond pas',
    open: 'ouvert',
    shut: 'fermé par votre réseau',
    notOffered: 'aucun n’est proposé',
    whole: 'rien n’est perdu',
    lost: (up: string, down: string) => `${up} perdus à l’envoi, ${down} à la réception`,
    later: (ms: number) => `délai de ${ms} ms`,
    rate: (rate: string) => `${rate} par seconde`,
    rateOrMore: (rate: string) => `${rate} par seconde ou plus`,
    unknown: 'pas mesuré',
    direct: 'directe',
    detour: 'directe, moins rapide',
    relayed: 'par un relais',
    noWay: 'aucune',
  },
  report: {
    title: 'Draille : test de connexion',
    date: 'Date',
    server: 'Serveur',
    browser: 'Navigateur',
    result: 'Résultat',
    microphone: 'Micro',
    camera: 'Caméra',
    websocket: 'WebSocket',
    opened: (opened: number, roundTrip: number) =>
      `ouvert en ${opened} ms, aller-retour ${roundTrip} ms`,
    direct: 'Médias en direct sur UDP (ICE)',
    relay: (way: string, address: string) => `Relais TURN sur ${way}, ${address}`,
    noRelays: 'Relais TURN : le serveur n’en a indiqué aucun',
    within: (ms: number) => `répond en ${ms} ms`,
    route: 'Route choisie par l’appel',
    routed: (way: string, relayed: boolean) =>
      relayed ? `relayée (TURN sur ${way})` : `directe sur ${way}`,
    roundTrip: 'Aller-retour des médias',
    ms: (median: number, jitter: number) => `${median} ms (médiane), gigue ${jitter} ms`,
    lossUp: 'Pertes à l’envoi',
    lossDown: 'Pertes à la réception',
    up: 'Débit à l’envoi',
    down: 'Débit à la réception',
    orMore: 'ou plus (le test s’arrête là)',
    yes: 'oui',
    no: 'non',
    failed: 'échec',
    unknown: 'non mesuré',
    open: 'À ouvrir dans le pare-feu, le plus utile d’abord',
    nothing: 'Rien à ouvrir : la voie la plus rapide est ouverte.',
    openDirect: (address: string) =>
      `UDP vers ${address} : délai le plus court, directement ou par relais`,
    openRelay: (way: string, address: string) =>
      `${way} vers ${address} : quand UDP est impossible`,
    openWeb: (host: string) =>
      `HTTPS et WebSocket (TCP) vers ${host}, sans inspection qui coupe les WebSockets`,
    certificate: 'Certificat du serveur',
    shown: (issuer: string, sha256: string) => `émis par ${issuer}, empreinte SHA-256 ${sha256}`,
    exempt: (host: string) =>
      `Inspection TLS : exempter ${host}. La page et le WebSocket y passent en TLS, mais pas ` +
      'TURN en TLS, sur le même port : un équipement du réseau ouvre TLS et n’y laisse que HTTP',
    compare: (issuer: string) =>
      `Pour le vérifier : le certificat que montre le navigateur (cadenas de la page) doit être ` +
      `émis par ${issuer}. Un autre émetteur est celui de l’équipement qui inspecte`,
    raw: 'Les mêmes mesures, pour un programme (débits en bit/s, temps en ms)',
  },
}

/** A catalogue in another language has the same texts. */
export type Catalogue = typeof fr
