/** Unit tests have the sentences of both languages at hand. */
import { provide } from '.'
import { en as linkInEnglish } from '../link/en'
import { provide as provideLink } from '../link/words'
import { en } from './en'
import { provide as provideAside } from './aside'
import { en as asideInEnglish } from './aside/en'
import { provide as provideTest } from './test'
import { en as testInEnglish } from './test/en'
import { provide as provideHelp } from './help'
import { en as helpInEnglish } from './help/en'

provide(en)
provideAside(asideInEnglish)
provideHelp(helpInEnglish)
provideTest(testInEnglish)
provideLink(linkInEnglish)
