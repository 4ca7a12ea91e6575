import type { Catalogue } from './fr'

/** English, the second language. */
export const en: Catalogue = {
  actions: {
    next: 'Continue',
    back: 'Go back',
    retry: 'Try again',
    apply: 'Apply',
    close: 'Close',
    allow: 'Allow camera and microphone',
    withoutVideo: 'Continue without video',
    withoutMicrophone: 'Continue without microphone',
    withoutBoth: 'Continue without camera or microphone',
    seeMyself: 'Yes, I see myself',
    hear: 'Play the sound',
    hearAgain: 'Play again',
    heard: 'Yes, I heard it',
    notHeard: 'No, I hear nothing',
    enter: 'Enter',
    test: 'Test my devices',
    testConnection: 'Test my connection',
    turnCameraOn: 'Turn camera on',
    turnCameraOff: 'Turn camera off',
    turnMicrophoneOn: 'Turn microphone on',
    turnMicrophoneOff: 'Mute microphone',
    unblockSound: 'Touch to turn the sound on',
    leave: 'Leave the call',
    leaveWaiting: 'Leave',
    stay: 'Stay in the call',
    endForAll: 'End for everyone',
    returnToCall: 'Come back',
    continueHere: 'Continue here',
    admit: 'Let in',
    showWaiting: 'See the list',
    stopScreen: 'Stop my sharing',
    devices: 'Choose microphone, camera and sound',
    people: 'See participants',
    send: 'Send',
    swapToSelf: 'Enlarge your picture',
    enlarge: (name) => `Enlarge the picture of ${name}`,
    followSpeaker: 'Follow whoever speaks',
    previousPage: 'See previous pictures',
    nextPage: 'See next pictures',
    picturesBack: 'Bring pictures back',
    receivePictures: 'Receive the pictures',
    automaticAgain: 'Go back to automatic',
    keepMode: 'Keep this setting',
    chooseMode: 'Adjust for a weak connection',
  },

  connecting: {
    title: 'Connecting',
    text: 'One moment, we are preparing your call.',
  },

  link: {
    lost: 'The connection is lost.',
    lostInCall: 'The connection is cut. Stay on this page.',
    quiet: 'The link to the server is cut. The call goes on.',
    retryIn: (seconds) => `Trying again in ${seconds} s.`,
    retryNow: 'Trying again…',
    mediaLost: 'Sound and picture are interrupted. We are restoring them.',
    mediaConnecting: 'Sound and picture are coming…',
  },

  later: {
    coming: 'One moment…',
    missing: 'This part could not be loaded. The connection may be down.',
  },

  house: {
    phone: 'Need help? Call',
    meeting: (host, when) => `Appointment${host && ` with ${host}`}${when && ` at ${when}`}`,
    zone: (place) => ` (${place} time)`,
    accessibility: {
      none: 'Accessibility: not conformant',
      partial: 'Accessibility: partially conformant',
      full: 'Accessibility: fully conformant',
    },
  },

  lobby: {
    step: (step, of) => `Step ${step} of ${of}`,
    progress: 'Preparing the call',
    name: {
      title: 'What is your name?',
      label: 'Your name',
      help: 'The others will see this name.',
      missing: 'Write your name to continue.',
    },
    permission: {
      title: 'Allow the camera and microphone',
      text: 'The browser will ask a question. Answer “Allow”.',
      asking: 'Answer the browser’s question.',
    },
    see: {
      title: 'Do you see yourself?',
      text: 'Place your face in the middle, facing the light.',
      choose: 'Camera in use',
      noneText: 'The others will hear you, but will not see you.',
    },
    speak: {
      title: 'Say a few words',
      text: 'The green bar must move when you speak.',
      heard: 'Very good, your microphone works.',
      silence: 'We hear nothing. Speak louder, or choose another microphone.',
      choose: 'Microphone in use',
      level: 'Level of your voice',
      none: 'Without microphone',
      noneText: 'You can listen and write messages.',
    },
    hear: {
      title: 'Listen to this sound',
      text: 'Touch the button. You should hear three notes.',
      playing: 'The sound is playing…',
      question: 'Did you hear the sound?',
      help: 'Turn the volume up. Check that silent mode is off.',
      failed: 'The sound did not play. Try again.',
      choose: 'Loudspeaker in use',
    },
    ready: {
      title: 'Everything is ready',
      textGuest: 'You will go to the waiting room first.',
      textStaff: 'You will enter the call.',
      entering: 'Entering…',
    },
    welcomeBack: {
      title: 'Ready to enter?',
      text: 'Your devices worked last time.',
    },
  },

  devices: {
    title: 'Microphone, camera and sound',
    camera: 'Camera',
    microphone: 'Microphone',
    speaker: 'Loudspeaker',
    unnamed: (n) => `Device ${n}`,
    systemSpeaker: 'The sound uses your device’s loudspeaker.',
    noChoice: 'No device found',
    systemChoice: 'The one your device uses',
    opening: {
      camera: 'The camera is opening…',
      microphone: 'The microphone is opening…',
      screen: 'Choose what you want to show.',
    },
    trouble: {
      camera: {
        'refused-by-person': 'The browser’s question was left unanswered.',
        'refused-by-browser': 'The camera is not allowed.',
        'refused-by-system': 'Your device does not let the browser use the camera.',
        missing: 'No camera is connected.',
        busy: 'Another program is using the camera. Close it, then try again.',
        lost: 'The camera is unplugged. The sound goes on.',
        interrupted: 'Your device has interrupted the camera. It will come back by itself.',
        insecure: 'This page is not secure. Open the link that begins with https.',
        failed: 'The camera does not work.',
      },
      microphone: {
        'refused-by-person': 'The browser’s question was left unanswered.',
        'refused-by-browser': 'The microphone is not allowed.',
        'refused-by-system': 'Your device does not let the browser use the microphone.',
        missing: 'No microphone is connected.',
        busy: 'Another program is using the microphone. Close it, then try again.',
        lost: 'The microphone is unplugged. Plug it in, or choose another one.',
        interrupted: 'Your device has cut the microphone: a call, an assistant or a mute key.',
        insecure: 'This page is not secure. Open the link that begins with https.',
        failed: 'The microphone does not work.',
      },
      screen: {
        'refused-by-person': 'You have chosen nothing: nothing is shared.',
        'refused-by-browser': 'This browser does not allow screens to be shared.',
        'refused-by-system': 'Your device does not let the browser share the screen.',
        missing: 'No screen can be shared.',
        busy: 'This window cannot be shared. Choose another one.',
        lost: 'Your screen is no longer shared.',
        interrupted: 'The shared window is minimised: the others cannot see it any more.',
        insecure: 'This page is not secure. Open the link that begins with https.',
        failed: 'The sharing could not begin. Try again.',
      },
      bothRefused: 'The camera and the microphone are not allowed.',
      speaker: 'The chosen loudspeaker is gone. The sound comes out of another one.',
    },
    kept: {
      camera: 'This camera does not respond. The one before is used again.',
      microphone: 'This microphone does not respond. The one before is used again.',
    },
  },

  waiting: {
    title: 'You have arrived',
    expectedBy: (name) => `${name} is here and can let you in.`,
    nobodyYet: 'The person you are meeting is not here yet.',
    stay: 'Stay on this page. The call will start by itself.',
    note: 'Message from the team',
    delay: (minutes) => `Running about ${minutes} minutes late.`,
    document: 'Waiting room',
  },

  call: {
    title: 'Call in progress',
    bar: 'Call controls',
    microphone: 'Mic',
    microphoneOff: 'Mic muted',
    camera: 'Camera',
    cameraOff: 'Camera off',
    messages: 'Messages',
    quit: 'Leave',
    more: 'More',
    people: 'Participants',
    stage: 'Pictures of the call',
    unread: (n) => (n > 1 ? `${n} unread messages` : `${n} unread message`),
    handsUp: (n) => (n > 1 ? `${n} hands raised` : `${n} hand raised`),
    waitingCount: (n) => (n > 1 ? `${n} people are waiting` : `${n} person is waiting`),
    alone: 'You are alone in the call for now.',
    page: (page, of) => `Page ${page} of ${of}`,
    locked: 'Room locked',
    writes: (name, text) => `${name} is writing: ${text}`,
  },

  mode: {
    bar: { automatic: 'Network', saver: 'Saver', voice: 'Sound only' },
    name: { automatic: 'Automatic', saver: 'Data saver', voice: 'Sound only' },
    voiceOn: 'Sound only: the pictures are off.',
    notReceiving: 'You no longer receive the others’ pictures.',
    usedLittle: 'Less than 1 MB used',
    used: (megabytes) => `${megabytes} MB used`,
    usedGigabytes: (gigabytes) => `${gigabytes} GB used`,
    setBy: {
      automatic: (by) => `${by} has set your call back to automatic.`,
      saver: (by) =>
        `${by} has set your call to “data saver” so that your voice gets through better.`,
      voice: (by) =>
        `${by} has set your call to “sound only” so that your voice gets through better.`,
    },
  },

  tile: {
    self: 'You',
    screenOf: (name) => `Document of ${name}`,
    ownScreen: 'You are sharing your screen.',
    speaking: 'speaking',
    muted: 'muted',
    away: 'reconnecting',
    hand: (rank) => `hand raised, number ${rank}`,
    pinned: 'chosen picture',
    spotlight: 'shown to everybody',
    coming: 'The picture is coming…',
    frozen: 'Frozen picture',
    still: (seconds) => `Still picture, ${seconds} s ago`,
    voiceOnly: 'Sound only',
    insufficient: 'Picture too poor to observe movements',
    quality: { good: 'good quality', fair: 'fair quality', weak: 'poor quality' },
    short: {
      downlink: 'Your connection is weak.',
      uplink: (name) => `The connection of ${name} is weak.`,
      device: 'This device is too busy for a better picture.',
      camera: (name) => `The camera or device of ${name} gives no better picture.`,
    },
    delivery: {
      'small-own': 'The others see you in a small picture: your connection is weak.',
      'small-theirs': 'The others see you in a small picture: their connection is weak.',
      'small-device': 'This device is too busy: the others see you less well.',
      'still-own': 'The others see you in a still picture: your connection is weak.',
      'still-theirs': 'The others see you in a still picture: their connection is weak.',
      'none-own': 'The others no longer see your picture, they hear you.',
      'none-theirs': 'The others no longer see your picture, they hear you.',
      unseen: 'Another device cannot show your picture. It hears you.',
    },
    deliveryShort: {
      'small-own': 'Small picture',
      'small-theirs': 'Small picture',
      'small-device': 'Device too busy',
      'still-own': 'Still picture',
      'still-theirs': 'Still picture',
      'none-own': 'Picture cut',
      'none-theirs': 'Picture cut',
      unseen: 'Not shown elsewhere',
    },
    paused: {
      downlink: 'Weak connection: the picture is off, the sound goes on.',
      uplink: (name) => `Weak connection for ${name}: the picture is off, the sound goes on.`,
      publisher: 'No picture is coming for now.',
      slots: 'Too many pictures at once: this one waits.',
      codec: 'This browser cannot show this picture. Try another one.',
    },
    pausedShort: {
      downlink: 'Weak connection',
      uplink: 'Weak connection',
      publisher: 'Picture to come',
      slots: 'Picture waiting',
      codec: 'Cannot be shown here',
    },
  },

  people: {
    role: { host: 'runs the call', clinician: 'clinician', guest: 'guest' },
    invitedAs: (name) => `invited as ${name}`,
  },

  unattended: {
    alone: 'The team is no longer in the call.',
    stopped: 'The team is gone: nobody sees or hears you.',
    ends: (minutes) => `Without them, the call ends in ${minutes} min.`,
  },

  sameLink: {
    muted: (names) =>
      `The same link is open already, by ${names}. You are muted to avoid an echo.`,
    other: (names) =>
      `The same link has just been opened by ${names}, muted to avoid an echo.`,
  },

  waits: {
    region: 'Waiting room',
    one: (name) => `${name} is waiting`,
    several: (name, n) =>
      n > 1
        ? `${name} and ${n} other people are waiting`
        : `${name} and one other person are waiting`,
    since: (minutes) => `for ${minutes} min`,
    minutes: (minutes) => `${minutes} min`,
  },

  confirm: {
    leave: { title: 'Leave the call?', text: 'You can come back.' },
  },

  notice: {
    joined: (name) => `${name} joins the call.`,
    left: (name) => `${name} leaves the call.`,
    muted: {
      microphone: (by) => `${by} has muted your microphone.`,
      camera: (by) => `${by} has turned your camera off.`,
      screen: (by) => `${by} has stopped your sharing.`,
    },
    unheard: 'You are speaking, but your microphone is off.',
    hand: (name) => `${name} raises a hand.`,
    host: (name) => `${name} runs the call now.`,
    hostMine: 'You run the call now.',
    screenShared: (name: string) => `${name} is sharing their screen.`,
    screenStopped: (name: string) => `${name} is no longer sharing their screen.`,
    errors: {
      malformed: 'This action was not understood. Try again.',
      'too-large': 'This message is too long.',
      'too-fast': 'Too many actions at once. Wait a moment.',
      unsent: 'Message not sent yet: wait a moment, then press Send.',
      forbidden: 'You are not allowed to do that.',
      'out-of-place': 'This action is not possible for now.',
      occupied: 'Somebody else is still there. Shall they meet?',
      'not-found': 'This person is no longer here.',
      sdp: 'Your browser could not set up the call.',
      server: 'The server met a problem. Try again.',
      unknown: 'A problem occurred. Try again.',
    },
  },

  endings: {
    waiting: 'You have left the waiting room',
    mine: { title: 'You have ended the call', text: 'It is closed for everybody.' },
    guest: {
      title: 'The consultation is over',
      text: 'The person who received you has closed the call.',
    },
  },

  ended: {
    closeTab: 'You can close this page.',
    left: { title: 'You have left the call', text: 'If it was a mistake, you can come back.' },
    ended: { title: 'The call has ended', text: 'The person who runs the call has ended it.' },
    removed: {
      title: 'You were removed from the call',
      text: 'To come back, you will go through the waiting room.',
    },
    refused: {
      title: 'You could not enter',
      text: 'The request was refused. Contact the person who invites you.',
    },
    replaced: {
      title: 'The call is open elsewhere',
      text: 'Your link is open in another tab or on another device.',
    },
    elsewhere: {
      title: 'The call is already open on another device',
      text: 'You can continue on this one.',
    },
    blocked: {
      title: 'This invitation was withdrawn',
      text: 'Contact the person who invites you.',
    },
    revoked: {
      title: 'This invitation was withdrawn',
      text: 'Ask the person who invites you for a new link.',
    },
    busy: { title: 'Too many attempts at once', text: 'Wait a minute, then come back.' },
    expired: {
      title: 'This invitation is over',
      text: 'Ask the person who invites you for a new link.',
    },
    'not-yet': {
      title: 'It is still too early',
      text: 'The invitation is not valid yet.',
    },
    invalid: {
      title: 'This link does not work',
      text: 'It is incomplete or damaged. Open it again from your message.',
    },
    full: { title: 'The room is full', text: 'Wait until someone leaves, then try again.' },
    locked: {
      title: 'The room is locked',
      text: 'Tell the person who invites you, then try again.',
    },
    protocol: {
      title: 'The call was interrupted',
      text: 'This page had a problem. Come back to the call.',
    },
    slow: {
      title: 'The connection was too slow',
      text: 'Move closer to the Wi-Fi box, then come back.',
    },
    shutdown: { title: 'The service is restarting', text: 'Wait a minute, then come back.' },
    moved: { title: 'The call was interrupted', text: 'Wait a minute, then come back.' },
    unsupported: {
      title: 'This browser is not suitable',
      text: 'Open the link with a recent Chrome, Edge, Firefox or Safari.',
    },
  },
}
