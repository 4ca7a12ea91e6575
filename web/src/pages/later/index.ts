/** What nobody needs in the first minute of a call, in a file of its own. */
export { Asking } from './Asking'
export { Chat } from './Chat'
export { attend } from './attend'
export { Lens } from './Lens'
export { Devices, More } from './More'
export { OwnScreen } from './OwnScreen'
export { People } from './People'
