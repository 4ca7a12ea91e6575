/** What went wrong and what to do, by the server's code. */
export const problems = {
  unreached:
    'Le serveur ne répond pas. Vérifiez votre connexion, puis réessayez. Rien n’est perdu.',
  'signed-out': 'Votre session est terminée. Connectez-vous à nouveau.',
  forbidden: 'Vous n’avez pas ce droit ici. Demandez-le à votre administrateur.',
  origin: 'La demande ne vient pas de cette page. Rechargez la page.',
  'not-found': 'Cela n’existe pas, ou plus. Revenez à la liste.',
  malformed: 'Le serveur n’a pas compris la demande. Rechargez la page.',
  invalid: 'Une valeur ne convient pas. Corrigez-la, puis réessayez.',
  version: 'Quelqu’un vient de modifier cela. Relisez, puis recommencez.',
  'needs-version': 'La page est trop ancienne. Rechargez-la.',
  duplicate: 'Cela existe déjà.',
  conflict: 'Un autre rendez-vous est prévu au même moment.',
  'no-such-time': 'Cette heure n’existe pas ce jour-là : passage à l’heure d’été.',
  'two-such-times':
    'Cette heure existe deux fois : passage à l’heure d’hiver. Choisissez laquelle.',
  locked: 'Trop d’essais. Attendez quelques minutes, puis réessayez.',
  wrong: 'Identifiant, mot de passe ou code incorrect. Vérifiez, puis réessayez.',
  'no-person':
    'Votre identité est reconnue, mais sans accès ici. Demandez-le à votre administrateur.',
  disabled: 'Ce compte est fermé. Adressez-vous à votre administrateur.',
  used: 'Ce lien ou ce code est faux, ou a déjà servi. Vérifiez-le, ou demandez-en un autre.',
  expired: 'Ce lien ou ce code est trop ancien. Demandez-en un nouveau.',
  outgrown:
    'Ce lien ne vaut plus : qui l’a fait ne peut plus donner ces droits. ' +
    'Demandez-en un autre à un administrateur.',
  'provider-away': 'Le service de connexion ne répond pas. Réessayez, ou connectez-vous autrement.',
  'provider-wrong': 'Le service de connexion a mal répondu. Prévenez votre service informatique.',
  'last-admin': 'C’est le dernier administrateur. Nommez-en un autre d’abord.',
  revoked: 'Cet accès a été retiré. Demandez-en un nouveau.',
  'too-early': 'Le rendez-vous n’a pas encore commencé. Réessayez plus près de l’heure.',
  'too-late': 'Le rendez-vous est passé.',
  cancelled: 'Le rendez-vous est annulé.',
  met: 'La séance a commencé ou a eu lieu : créez plutôt un autre rendez-vous.',
  'other-browser': 'Ce lien est utilisé sur un autre appareil.',
  'too-many': 'Trop de demandes. Attendez un moment, puis réessayez.',
  'too-large': 'C’est trop volumineux. Réduisez, puis réessayez.',
  'store-busy': 'Le serveur est occupé. Réessayez dans un instant.',
  'store-full':
    'Le disque du serveur est plein. Rien n’a été enregistré : prévenez l’informatique.',
  'store-damaged':
    'Les données du serveur sont abîmées. Prévenez l’informatique : il faut une sauvegarde.',
  'store-away': 'La base de données ne répond pas. Rien n’a été enregistré : réessayez.',
  internal: 'Le serveur a rencontré une erreur. Réessayez, ou prévenez l’informatique.',
  'hospital-record': 'Le logiciel de l’hôpital tient cette fiche. Modifiez-la là-bas.',
  'no-right':
    'Une des personnes choisies n’a aucun droit ici. Retirez-la, ou prévenez un administrateur.',
  'opinion-over':
    'Cette demande est terminée : plus d’appel à son sujet. Posez une nouvelle question.',
  'no-expert': 'Personne n’a encore pris cette demande en charge : il n’y a personne à appeler.',
  'channel-missing': 'Aucun envoi n’est réglé. Imprimez le lien, ou prévenez votre administrateur.',
}
