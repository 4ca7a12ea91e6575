/** What nobody needs in the first minute of a call, in a file of its own. */
export { Chat } from './Chat'
export { Devices, More } from './More'
export { People } from './People'
