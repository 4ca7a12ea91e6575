/** Photos at a camera's full resolution in a call, in a file of their own. */
export { AskPhoto, Photos } from './Photos'
