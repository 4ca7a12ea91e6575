export const tablet = {
  title: 'Tablet',
  enrol: {
    title: 'Prepare this tablet',
    text: 'The administrator gives you an 8-digit code, valid for ten minutes.',
    code: '8-digit code',
    short: 'All 8 digits of the code are needed.',
    button: 'Register this tablet',
    noKeys: 'This browser cannot keep a key. Tell your IT department.',
    help: {
      a: 'Ask your administrator for the code.',
      b: 'Once is enough: the tablet remembers.',
    },
  },
  revoked: {
    title: 'This tablet is no longer allowed',
    text: 'Its access was withdrawn. Ask your administrator for a new code.',
    button: 'Enter a new code',
  },
  idle: {
    title: 'Tablet at rest',
    text: 'Nothing is shown, to protect patients.',
    button: 'Show today’s list',
  },
  list: {
    title: (place: string) => `Today, ${place}`,
    empty: 'No appointments here today.',
    choose: 'Prepare the call',
    again: 'Go back to the call',
    delay: (minutes: number) => `The doctor is running ${minutes} minutes late.`,
    help: {
      a: 'Tap “Prepare the call” beside the patient’s name.',
      b: 'The list updates by itself.',
      c: 'It hides after two minutes without a touch.',
    },
  },
  identity: {
    title: 'Check the identity',
    read: 'Read each line aloud. The patient confirms.',
    by: 'Your name and role',
    byHelp: 'Declared, not verified. It is recorded as such.',
    agreed: 'Yes, everything is right',
    wrong: 'No, there is a difference',
    stop: 'Do not call. Phone the secretariat.',
    phone: (number: string) => `Phone on site: ${number}`,
    help: {
      a: 'The patient cannot answer? Check their wristband.',
      b: 'When in doubt, choose “No”.',
    },
  },
  consent: {
    title: 'The patient’s consent',
    text: {
      a: 'The doctor will see and hear you through this tablet.',
      b: 'Neither picture nor sound is recorded.',
      c: 'You may refuse, or stop whenever you want.',
    },
    given: 'Yes, they agree',
    refused: 'No, they refuse',
    representative: 'A representative answers in their place',
    who: 'Name and role of the representative',
    means: 'Information given',
    oral: 'orally',
    written: 'in writing',
    refusedText: 'The refusal is recorded. The call is not made.',
    help: {
      a: 'Say these three sentences to the patient, in your own words.',
      b: 'A refusal needs no explanation.',
    },
  },
  call: {
    title: 'Everything is ready',
    text: 'Place the tablet facing the patient, at eye level.',
    button: 'Call',
    early: 'This appointment is later. You can call nearer the time.',
    help: {
      a: 'Avoid having a window behind the patient.',
      b: 'The doctor is told as soon as you are in the waiting room.',
    },
  },
  after: {
    endings: {
      left: { title: 'You have left the call', text: 'The doctor may still be in it.' },
      ended: { title: 'The call has ended', text: 'The doctor has closed it.' },
      unmet: {
        title: 'You have left the waiting room',
        text: 'The call did not begin. The doctor no longer sees that you wait.',
      },
      closed: {
        title: 'The call is closed',
        text: 'The doctor closed it before letting you in. Call the secretariat.',
      },
      refused: {
        title: 'The tablet was not let in',
        text: 'The doctor refused the request. Call the secretariat.',
      },
      removed: {
        title: 'The tablet is no longer in the call',
        text: 'The team has put it out. If you call again, you go through the waiting room.',
      },
      elsewhere: {
        title: 'The call goes on with another device',
        text: 'Another tablet or another tab has taken it over.',
      },
      over: {
        title: 'This appointment no longer opens',
        text: 'It is over, was moved or was cancelled. Call the secretariat.',
      },
      busy: {
        title: 'The room does not open for now',
        text: 'Wait a minute, then call again.',
      },
      unsupported: {
        title: 'This browser is not suitable',
        text: 'Tell your IT department: a recent version is needed.',
      },
      interrupted: {
        title: 'The call was interrupted',
        text: 'The connection did not hold. Call again when you like.',
      },
    },
    text: 'Nothing of the patient is shown on this tablet any more.',
    button: 'Go back to the list',
    again: 'Call again',
  },
  stop: 'Stop and wipe',
  next: 'Continue',
}
