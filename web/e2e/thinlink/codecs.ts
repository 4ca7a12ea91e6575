/**
 * Asks one browser about each of its encoders: lines of JSON for `draille loadtest codecs`, which
 * starts it.
 */
import { chromium } from '@playwright/test'
import { chromiumFlags } from '../support/people'
import type { Answer, Question } from './page/codecs'

/** The first argument. */
type Task = { chromium: string; page: string; questions: Question[] }

const tell = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`)

async function main(): Promise<void> {
  const task = JSON.parse(process.argv[2] ?? '') as Task
  const browser = await chromium.launch({
    executablePath: task.chromium,
    args: [...chromiumFlags, '--allow-loopback-in-peer-connection'],
  })
  for (const question of task.questions) {
    const page = await browser.newPage({ viewport: { width: 800, height: 500 } })
    await page.addScriptTag({ path: task.page })
    await page.evaluate((asked) => window.codecs.begin(asked), question)
    tell({ question }) // its processor time is read now, and again with the answer
    const answer: Answer = await page.evaluate(
      (seconds) => window.codecs.measure(seconds),
      question.measure,
    )
    tell({ question, answer })
    await page.close()
  }
  await browser.close()
}

main().catch((error: unknown) => {
  process.stderr.write(`${String(error)}\n`)
  process.exit(1)
})
