import { expect, it } from 'vitest'
import { Newest } from './newest'

/** A server whose answers the test gives, in any order. */
function held() {
  const waiting: { answer: (value: string) => void; fail: (error: Error) => void }[] = []
  const question = () =>
    new Promise<string>((answer, fail) => void waiting.push({ answer, fail }))
  return { waiting, question }
}

it('applies what was told while the answer was on its way, and nothing of before', async () => {
  const { waiting, question } = held()
  const newest = new Newest<string>()
  const told = (letter: string) => newest.tell((value) => value + letter)
  told('a')
  const read = newest.ask(question)
  told('b')
  told('c')
  waiting[0]!.answer('old ')
  expect(await read).toBe('old bc')
  told('d')
  const again = newest.ask(question)
  waiting[1]!.answer('new')
  expect(await again).toBe('new')
})

it('drops the answer, and the failure, of a question that was asked once more', async () => {
  const { waiting, question } = held()
  const newest = new Newest<string>()
  const reads = [newest.ask(question), newest.ask(question), newest.ask(question)]
  waiting[0]!.answer('first')
  waiting[1]!.fail(new Error('away'))
  newest.tell((value) => `${value}!`)
  waiting[2]!.answer('third')
  expect(await Promise.all(reads)).toEqual([undefined, undefined, 'third!'])
})

it('passes the failure of the latest on', async () => {
  const { waiting, question } = held()
  const read = new Newest<string>().ask(question)
  waiting[0]!.fail(new Error('away'))
  await expect(read).rejects.toThrow('away')
})
