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
    establishments: {
      title: 'The establishments',
      steps: {
        a: 'An establishment never sees the patients of another one.',
        b: 'Its time zone decides the time of its appointments.',
        c: 'Closed, it takes no more appointments. Nothing is deleted.',
      },
    },
    places: {
      title: 'Services, places and tablets',
      steps: {
        a: 'A service gives appointments. Its doctors share its queue.',
        b: 'A place is where the patient is, with a tablet.',
        c: 'Open “/tablet” on the tablet, then type the code of 8 digits.',
        d: 'A tablet is lost? Withdraw it: it closes within a second.',
      },
    },
    people: {
      title: 'People and their rights',
      steps: {
        a: 'Add the person, give them a right, then prepare their link.',
        b: 'The link is good once: they choose how they sign in.',
        c: 'A right holds for one service, or for the whole establishment.',
        d: 'You see no patient: that is on purpose.',
      },
    },
    import: {
      title: 'Importing a list',
      steps: {
        a: 'A CSV file of Excel is fine, with commas or semicolons.',
        b: 'Nothing is saved before you have seen each line.',
        c: 'Lines to be corrected are left out, with the reason.',
      },
    },
    identities: {
      title: 'Unknown identities',
      steps: {
        a: 'Somebody signed in by a service, but has no access here.',
        b: 'Name who it is only if you are sure.',
        c: 'They can then come in, with the rights of that person.',
      },
    },
    settings: {
      title: 'The settings',
      steps: {
        a: 'An establishment may have its own setting, instead of the group’s.',
        b: '“Try” shows each step, and why it does not work.',
        c: 'The number of the secretariat is written in every message.',
      },
    },
    outbox: {
      title: 'What is sent',
      steps: {
        a: 'Failures come first, with the reason and what to do.',
        b: 'An absent server deletes nothing: messages wait, in their order.',
        c: '“Send again” tries at once. If it is urgent, telephone, too.',
      },
    },
    audit: {
      title: 'The log',
      steps: {
        a: 'Every look at a record and every deed is noted here.',
        b: 'Touch a name to see that person alone.',
        c: 'Your search is noted, too.',
        d: 'The verification shows that nobody has changed the log.',
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
