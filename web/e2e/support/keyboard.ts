import { expect, type Page } from '@playwright/test'

/** Hands that have a keyboard and nothing else. */
export class Keyboard {
  constructor(private readonly page: Page) {}

  /** Goes on with Tab until what has this name has the focus; it must be seen there. */
  async reach(name: string): Promise<void> {
    for (let presses = 0; presses < 60; presses++) {
      const at = await this.page.evaluate(async () => {
        // As it is drawn: what has just been said above may push it down for an instant.
        await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))
        const element = document.activeElement as HTMLElement | null
        if (!element || element === document.body) return undefined
        const box = element.getBoundingClientRect()
        const x = Math.min(innerWidth - 1, Math.max(0, box.x + box.width / 2))
        const y = Math.min(innerHeight - 1, Math.max(0, box.y + box.height / 2))
        const top = document.elementFromPoint(x, y)
        const labels = (element as HTMLInputElement).labels
        return {
          name: (
            element.getAttribute('aria-label') ??
            labels?.[0]?.textContent ??
            element.textContent ??
            ''
          ).trim(),
          covered: box.width > 1 && !(top && (element.contains(top) || top.contains(element))),
        }
      })
      if (at) expect(at.covered, `${at.name} has the focus and is covered`).toBe(false)
      if (at?.name.startsWith(name)) return
      await this.page.keyboard.press('Tab')
    }
    throw new Error(`the Tab key does not reach “${name}”`)
  }

  /** Expects that what has this name has the focus. */
  async at(name: string): Promise<void> {
    await expect
      .poll(() =>
        this.page.evaluate(() => {
          const element = document.activeElement as HTMLElement
          return element.getAttribute('aria-label') ?? element.textContent
        }),
      )
      .toBe(name)
  }

  async use(name: string, key = 'Enter'): Promise<void> {
    await this.reach(name)
    await this.page.keyboard.press(key)
  }
}
