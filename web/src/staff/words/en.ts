/** Every sentence of the staff's pages, in English. */
import type { Catalogue } from './fr'
import { admin } from './en/admin'
import { booking } from './en/booking'
import { common } from './en/common'
import { day } from './en/day'
import { deeds } from './en/deeds'
import { figures } from './en/figures'
import { help } from './en/help'
import { opinion } from './en/opinion'
import { problems } from './en/problems'
import { report } from './en/report'
import { sign } from './en/sign'
import { tablet } from './en/tablet'
import { thread } from './en/thread'

export const en: Catalogue = {
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
