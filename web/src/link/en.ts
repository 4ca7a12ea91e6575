import type { Sentences } from './words'

export const en: Sentences = {
  document: 'Your appointment',
  early: {
    title: 'Your appointment is planned',
    opens: (time) => `This page opens by itself at ${time}. You can leave it open.`,
    in: (text) => `You can enter in ${text}.`,
    soon: 'You can enter in less than a minute.',
    test: 'Meanwhile, charge the battery and find a quiet place.',
  },
  delay: (minutes) => `Running about ${minutes} minutes late.`,
  days: (count) => (count === 1 ? '1 day' : `${count} days`),
  hours: (count) => (count === 1 ? '1 hour' : `${count} hours`),
  minutes: (count) => (count === 1 ? '1 minute' : `${count} minutes`),
  late: {
    title: 'This appointment is over',
    text: 'To make another one, call the secretariat.',
  },
  cancelled: {
    title: 'This appointment is cancelled',
    text: 'To make another one, call the secretariat.',
  },
  revoked: {
    title: 'This link is no longer used',
    text: 'A newer link was probably sent to you. Open that one.',
  },
  unknown: {
    title: 'This link opens nothing',
    text: 'It may be incomplete. Open it as you received it.',
  },
  other: {
    title: 'This link is open on another device',
    text: 'You can continue here. The other device will then be closed.',
  },
  away: {
    title: 'There is no connection',
    text: 'Check your connection. This page tries again by itself.',
  },
  call: (phone) => `Secretariat: ${phone}`,
}
