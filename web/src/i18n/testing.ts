/** Unit tests have the sentences of both languages at hand. */
import { provide } from '.'
import { en } from './en'
import { provide as provideTest } from './test'
import { en as testInEnglish } from './test/en'

provide(en)
provideTest(testInEnglish)
