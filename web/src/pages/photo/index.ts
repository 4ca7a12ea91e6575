/** Photos at a camera's full resolution, in a call or outside, in a file of their own. */
export { AskPhoto, Photos } from './Photos'
export { Plate } from './Plate'
export { Taking } from './Taking'
export { Tiled, type InPieces } from './Tiled'
