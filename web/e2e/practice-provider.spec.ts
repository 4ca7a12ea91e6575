import { fr } from '../src/staff/words/fr'
import { Provider } from './support/provider'
import { colleagues } from './support/staff'
import { expect, test as base } from './support/test'

const label = 'le CH d’essai'
const test = base.extend<{ provider: Provider; prepared: { provider: Provider; flags: string[] } }>(
  {
    prepared: async ({}, use) => {
      const prepared = await Provider.prepare(label)
      await use(prepared)
      await prepared.provider.remove()
    },
    serverFlags: async ({ prepared }, use) => use(['--practice.demo', ...prepared.flags]),
    provider: async ({ prepared, server }, use) => {
      await prepared.provider.run(server)
      await use(prepared.provider)
    },
  },
)

const { sign, problems, admin: office, common } = fr

test('whom a provider knows gets nothing until an administrator says who it is', async ({
  browser,
  server,
  provider,
}) => {
  test.setTimeout(120_000)
  const [admin] = await colleagues(browser, server)
  const context = await browser.newContext({ locale: 'fr-FR' })
  await context.addInitScript(() => localStorage.setItem('draille.staff.tour', 'seen'))
  const page = await context.newPage()
  const comes = async () => {
    await page.goto(server.url)
    await page.getByRole('link', { name: sign.with(label) }).click()
    await page.getByRole('button', { name: 'Sign in as Test User2' }).click()
  }
  await comes()
  await page.getByText(problems['no-person']).waitFor()

  await admin!.page.goto(`${server.url}/#/admin/identities`)
  await admin!.page.getByText('Test User2').waitFor()
  const roche = admin!.page.getByLabel(office.identities.who).locator('option', {
    hasText: 'DÉMO-ROCHE',
  })
  const person = await roche.getAttribute('value')
  await admin!.page.getByLabel(office.identities.who).selectOption(person)
  await admin!.page.getByRole('button', { name: office.identities.assign }).click()
  await admin!.page.getByText(office.identities.none).waitFor()

  await comes()
  await page.getByRole('heading', { level: 1, name: fr.day.title }).waitFor()
  await page.getByRole('link', { name: common.nav.account }).click()
  await page.getByText(common.account.method.oidc).first().waitFor()

  // Tried by the administrator: step by step, in words.
  await admin!.page.goto(`${server.url}/#/admin/settings`)
  const attempt = admin!.page.getByRole('button', { name: office.settings.trySignIn(label) })
  await attempt.click()
  await admin!.page.getByText(office.settings.works).waitFor()
  for (const step of ['endpoints', 'keys', 'client'] as const)
    await expect(admin!.page.getByText(common.steps[step])).toBeVisible()

  // Away: nobody is shut out who has another way, and whoever is inside stays there.
  provider.end()
  await attempt.click()
  await admin!.page.getByText(common.reasons.away).waitFor()
  await page.reload()
  await page.getByRole('heading', { level: 1 }).waitFor()
  await page.getByRole('button', { name: common.actions.signOut, exact: true }).click()
  await page.getByRole('link', { name: sign.with(label) }).click()
  await page.getByText(problems['provider-away']).waitFor()
  await page.getByLabel(sign.login).waitFor()
  await context.close()
  await admin!.close()
})
