import { Part } from '../parts/Later'

/** Loaded when somebody asks for a photo, or there is one. */
export const photo = new Part(() => import('../photo'))
