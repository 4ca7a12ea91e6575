export { createCall } from './call'
export type { CallOptions } from './call'
export type * from './api'
