import { expect, type Locator, type Page } from '@playwright/test'

/** What a stop of the Tab key is to whoever hears it; a field for a password has no role. */
export type StopRole = 'button' | 'link' | 'textbox' | 'radio' | 'password'

const most = 90 // presses of Tab: more than any page has stops

/** Hands that have a keyboard and nothing else. */
export class Keyboard {
  constructor(private readonly page: Page) {}

  /**
   * Goes on with Tab until what has this role and name has the focus, and shows it. Whatever is met
   * on the way is not covered by anything.
   */
  async reach(role: StopRole, name: string | RegExp): Promise<void> {
    const target = this.named(role, name)
    await target.first().waitFor({ state: 'attached' })
    for (let presses = 0; presses < most; presses++) {
      const at = await this.focused()
      if (at) expect(at.covered, `${at.name} has the focus and is covered`).toBe(false)
      if (await this.has(target)) {
        expect(at?.shown, `${name} shows that it has the focus`).toBe(true)
        return
      }
      await this.page.keyboard.press('Tab')
    }
    throw new Error(`the Tab key does not reach the ${role} “${name}”`)
  }

  /** Expects that what has this role and name has the focus, without a key. */
  async at(role: StopRole | 'heading', name: string | RegExp): Promise<void> {
    const target = this.named(role, name)
    await expect
      .poll(() => this.has(target), { message: `the ${role} “${name}” has the focus` })
      .toBe(true)
  }

  async use(role: StopRole, name: string | RegExp, key = 'Enter'): Promise<void> {
    await this.reach(role, name)
    await this.page.keyboard.press(key)
  }

  async write(label: string | RegExp, text: string, role: StopRole = 'textbox'): Promise<void> {
    await this.reach(role, label)
    await this.page.keyboard.type(text)
  }

  private named(role: StopRole | 'heading', name: string | RegExp): Locator {
    const exact = typeof name === 'string'
    if (role !== 'password') return this.page.getByRole(role, { name, exact })
    return this.page.getByLabel(name, { exact }).and(this.page.locator('input[type=password]'))
  }

  private has(target: Locator): Promise<boolean> {
    return target.evaluateAll((found) => found.includes(document.activeElement as HTMLElement))
  }

  /** What has the focus; nothing while the browser's own bar has it. */
  private focused() {
    return this.page.evaluate(async () => {
      const frame = () =>
        new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))
      const isCovered = (element: Element) => {
        const box = element.getBoundingClientRect()
        const x = Math.min(innerWidth - 1, Math.max(0, box.x + box.width / 2))
        const y = Math.min(innerHeight - 1, Math.max(0, box.y + box.height / 2))
        const top = document.elementFromPoint(x, y)
        return box.width > 1 && !(top && (element.contains(top) || top.contains(element)))
      }
      await frame()
      const element = document.activeElement as HTMLInputElement | null
      if (!element || element === document.body) return undefined
      // What has just been said above, or has just come beside it, pushes it down, and the page
      // scrolls it back: who looks there does not see it covered for less than a third of a second.
      let covered = isCovered(element)
      for (let frames = 0; covered && frames < 10; frames++) {
        await frame()
        covered = isCovered(element)
      }
      const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(element)
      return {
        name: element.getAttribute('aria-label') ?? element.textContent,
        covered,
        shown: (outlineStyle !== 'none' && outlineWidth !== '0px') || boxShadow !== 'none',
      }
    })
  }
}
