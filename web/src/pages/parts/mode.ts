import { Part } from './Later'

/** How the call is to be, chosen by hand: few do, and not at first. */
export const mode = new Part(() => import('../mode/OwnMode'))
