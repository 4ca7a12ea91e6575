/**
 * Every sentence of the staff's pages, in French, the source language, by the rules of the
 * client's catalogue: at most 15 words a sentence, "vous", no jargon, buttons begin with a verb.
 */
import { day } from './fr/day'
import { figures } from './fr/figures'
import { deeds } from './fr/deeds'
import { problems } from './fr/problems'
import { opinion } from './fr/opinion'
import { report } from './fr/report'
import { sign } from './fr/sign'
import { booking } from './fr/booking'
import { admin } from './fr/admin'
import { tablet } from './fr/tablet'
import { thread } from './fr/thread'
import { help } from './fr/help'
import { common } from './fr/common'

export const fr = {
  common,
  problems,
  sign,
  day,
  booking,
  admin,
  tablet,
  help,
  deeds,
  report,
  figures,
  opinion,
  thread,
}

/** What every catalogue holds. */
export type Catalogue = Widened<typeof fr>
type Widened<T> = T extends string
  ? string
  : T extends (...args: infer A) => string
    ? (...args: A) => string
    : { [K in keyof T]: Widened<T[K]> }
