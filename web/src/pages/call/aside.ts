import { Part } from '../parts/Later'

/** What most people open late or never. */
export const aside = new Part(() => import('../later'))
