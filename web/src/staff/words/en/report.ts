import type { Catalogue } from '../fr'

export const report: Catalogue['report'] = {
  title: 'Report',
  version: (number: number) => `Version ${number}`,
  state: {
    draft: 'draft',
    signed: 'signed',
    replaced: 'replaced',
    withdrawn: 'withdrawn',
  },
  signed: (who: string, when: string) => `Signed by ${who}, ${when}.`,
  incidents: 'Technical incidents that were measured',
  noIncident: 'No incident was measured.',
  motive: 'Reason',
  findings: 'Findings',
  conclusion: 'Conclusion',
  act: 'Act',
  noAct: 'none',
  save: 'Save',
  sign: 'Sign',
  saved: 'The draft is saved.',
  kept: 'The link is gone. Your text is kept here and sent later.',
  changed: 'This draft has changed meanwhile. Compare, then save again.',
  correct: 'Correct',
  withdraw: 'Withdraw',
  why: 'Why it is withdrawn',
  download: 'Download the PDF',
}
