/** Help beside each page, in the words of its user, and the tour of the first day. */
export const help = {
  region: 'Help',
  pages: {
    day: {
      title: 'Your day in short',
      steps: {
        a: 'Whoever waits is at the top, and a chime tells you.',
        b: 'Touch “Begin”: the call opens in a new tab.',
        c: 'The chime repeats until you begin.',
        d: 'Late? Say so at the bottom, those who wait can read it.',
        e: 'Touch a name to move, cancel or send the link again.',
      },
    },
    week: {
      title: 'Team meetings',
      steps: {
        a: 'All your meetings of the week, day by day.',
        b: 'Touch “Join” at the time.',
        c: 'To make one, open “New appointment”, then “Team meeting”.',
      },
    },
    book: {
      title: 'Making an appointment',
      steps: {
        a: 'Type the hospital number, or the name and the birth date.',
        b: 'Choose the day and the time.',
        c: 'Leave the professionals empty for the queue of the service.',
        d: 'The link leaves by itself. It holds no name and no reason.',
        e: 'If somebody is taken, the page says so before it saves.',
      },
    },
    appointment: {
      title: 'This appointment',
      steps: {
        a: 'Link lost? “Send a new link” withdraws the old one.',
        b: 'Without e-mail and SMS, print the link and hand it over.',
        c: 'Moving keeps the same links and tells those invited.',
        d: 'A message that failed is explained at the bottom.',
      },
    },
    account: {
      title: 'Your account',
      steps: {
        a: 'A session that you do not know? End it, change the password.',
        b: 'A passkey replaces the password and the code.',
        c: 'On a shared computer, sign out when you leave.',
      },
    },
    admin: {
      title: 'Administration',
      steps: {
        a: 'Begin with a service, then a place, then the people.',
        b: 'Each person gets a one-time link to choose how they sign in.',
        c: 'A right holds for one service, or for the whole establishment.',
        d: 'You see no patient: that is meant so.',
        e: '“Try” shows each step of sending.',
      },
    },
  },
  tour: {
    title: 'Welcome',
    step: (number: number, of: number) => `Step ${number} of ${of}`,
    steps: {
      receives: 'In the morning open “My day” and leave it open. It rings at each arrival.',
      begin: 'When somebody waits, touch “Begin”. The patient is there in a moment.',
      book: '“New appointment” takes twenty seconds: who, when, where. The link leaves by itself.',
      admin: '“Administration”: make a service, a place, then invite the people.',
      help: 'Help is beside each page. You can put it away.',
    },
  },
}
