/** Help beside each page, in the words of its user, and the tour of the first day. */
export const help = {
  region: 'Help',
  pages: {
    day: {
      title: 'Your day in brief',
      steps: {
        a: 'Those waiting are at the top, and a chime tells you.',
        b: 'Tap “Begin”: the call opens in a new tab.',
        c: 'The chime repeats until “Begin” or “Stop ringing”.',
        d: 'Running late? Announce it at the bottom: those waiting read it.',
        e: 'Tap a name to move or cancel, or to send the link again.',
      },
    },
    week: {
      title: 'Team meetings',
      steps: {
        a: 'All your meetings of the week, day by day.',
        b: 'Tap “Join” when it is time.',
        c: 'To make one, open “New appointment”, then “Team meeting”.',
      },
    },
    book: {
      title: 'Making an appointment',
      steps: {
        a: 'Type the hospital number, or the name and date of birth.',
        b: 'Choose the day and the time.',
        c: 'Leave the professionals empty to use the queue of the service.',
        d: 'The link is sent by itself. It contains no name and no reason.',
        e: 'If somebody is already taken, the page says so before saving.',
      },
    },
    appointment: {
      title: 'This appointment',
      steps: {
        a: 'Link lost? “Send a new link” withdraws the old one.',
        b: 'Without e-mail or SMS, print the link and hand it over.',
        c: 'Moving keeps the same links and tells the people invited.',
        d: 'A message that failed is explained at the bottom.',
      },
    },
    opinions: {
      title: 'Expert opinions',
      steps: {
        a: 'The colour tells the time left. Red: it has passed.',
        b: 'Only whoever takes a request answers it, or gives it back to the queue.',
        c: 'Both sides keep the same report.',
      },
    },
    threads: {
      title: 'Team threads',
      steps: {
        a: 'One thread for each staff meeting, team on call and sector.',
        b: 'Only its members read it. The administration does not.',
        c: 'Without a connection, write anyway: the message goes later, once.',
        d: 'What matters for care belongs in the patient’s record.',
      },
    },
    teams: {
      title: 'Teams and sectors',
      steps: {
        a: 'A team on call: choose its members, and change them when it changes.',
        b: 'A sector joins services and places, also of other establishments.',
        c: 'A message offends? Delete it here. The trace stays.',
      },
    },
    figures: {
      title: 'Figures in short',
      steps: {
        a: 'Each plot has its table beside it.',
        b: 'A wait counts from the planned time.',
        c: 'A correction made later changes the figures, too.',
        d: 'The file opens in Excel. It holds no names.',
      },
    },
    account: {
      title: 'Your account',
      steps: {
        a: 'A session that you do not recognise? End it, change the password.',
        b: 'A passkey replaces the password and the code.',
        c: 'On a shared computer, sign out when you leave.',
      },
    },
    establishments: {
      title: 'The establishments',
      steps: {
        a: 'An establishment never sees the patients of another one.',
        b: 'Its time zone decides the time of its appointments.',
        c: 'Once closed, it takes no more appointments. Nothing is deleted.',
      },
    },
    places: {
      title: 'Services, places and tablets',
      steps: {
        a: 'A service gives appointments. Its doctors share its queue.',
        b: 'A place is where the patient is, with a tablet.',
        c: 'On the tablet, open the address shown with the code, then type its 8 digits.',
        d: 'Tablet lost? Revoke it: it closes within a second.',
      },
    },
    people: {
      title: 'People and their rights',
      steps: {
        a: 'Add the person, give them a right, then prepare their link.',
        b: 'The link works once: they choose how they sign in.',
        c: 'A right applies to one service, or to the whole establishment.',
        d: 'You see no patients: that is intended.',
      },
    },
    import: {
      title: 'Importing a list',
      steps: {
        a: 'A CSV file from Excel is fine, with commas or semicolons.',
        b: 'Nothing is saved before you have seen each line.',
        c: 'Lines to correct are left out, with the reason.',
      },
    },
    identities: {
      title: 'Unknown identities',
      steps: {
        a: 'Somebody signed in through a service, but has no access here.',
        b: 'Assign this identity only if you know whose it is.',
        c: 'They can then come in, with the rights of that person.',
      },
    },
    settings: {
      title: 'The settings',
      steps: {
        a: 'An establishment may have its own setting, instead of the group’s.',
        b: '“Test” shows each step, and why it does not work.',
        c: 'The secretariat’s phone number is in every message.',
      },
    },
    machines: {
      title: 'Connected programs',
      steps: {
        a: 'A booking program can make rooms without anybody signing in.',
        b: 'It sees this establishment alone. All it reads or writes is in the audit log.',
        c: 'A doubt? Revoke it: it is refused from its next request on.',
      },
    },
    outbox: {
      title: 'What is sent',
      steps: {
        a: 'Failures come first, with the reason and what to do.',
        b: 'If the mail or SMS server is away, nothing is lost: messages wait, in order.',
        c: '“Send again” tries at once. If it is urgent, phone as well.',
      },
    },
    received: {
      title: 'The hospital’s system',
      steps: {
        a: 'Refusals come first: the field, what was expected, what came.',
        b: 'Mend here what is missing, then tap “Replay”.',
        c: 'If the mistake is the hospital’s, tell them the message’s identifier.',
        d: 'You see no patient: that is on purpose.',
      },
    },
    merges: {
      title: 'Merges',
      steps: {
        a: 'The record that was kept has the other’s appointments.',
        b: 'Merged by mistake? “Undo” gives back to each what was theirs.',
        c: 'Of several merges in a row, undo the last one first.',
      },
    },
    audit: {
      title: 'The log',
      steps: {
        a: 'Every look at a record and every action is noted here.',
        b: 'Tap a name to see only that person.',
        c: 'Your search is noted, too.',
        d: 'The check shows that nobody has changed the log.',
      },
    },
  },
  tour: {
    title: 'Welcome',
    step: (number: number, of: number) => `Step ${number} of ${of}`,
    steps: {
      receives: 'In the morning, open “My day” and leave it open. It rings at each arrival.',
      begin: 'When somebody waits, tap “Begin”, then “Let in”.',
      book: '“New appointment” takes twenty seconds: who, when, where. The link is sent by itself.',
      admin: '“Administration”: create a service and a place, then invite people.',
      help: 'Help is beside each page. You can hide it.',
    },
  },
}
