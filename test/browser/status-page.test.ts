/** The status page in a browser, against the whole product: what people see, and nothing that its headers forbid. */
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { freePort } from '#local/process/free-port.ts'
import { useHost } from '#operations/host.ts'
import { offerFirstOwner } from '#operations/people/first-owner.ts'
import { oidcIdentity } from '#operations/people/oidc-identity.ts'
import { createTenant } from '#operations/tenant/create-tenant.ts'
import { BareClient } from '../support/bare-client.ts'
import { chromiumPath } from '../support/chromium.ts'
import { personClaims, startTestIssuer, type TestIssuer, testAudience } from '../support/issuer.ts'
import { type LiveHost, startLiveHost } from '../support/live-host.ts'
import { lowContrast } from './contrast.ts'
import { type Site, startSite } from './site.ts'

let browser: Browser
let issuer: TestIssuer
let host: LiveHost
/** Where people sign in by token, where by an issuer, and where the product is away. */
let plain: Site
let signed: Site
let lonely: Site
/** What the headers of the pages forbade, and what the pages' own code threw. */
const violations: string[] = []

beforeAll(async () => {
  issuer = await startTestIssuer()
  host = await startLiveHost({ identity: oidcIdentity({ issuer: issuer.url, audiences: [testAudience] }) })
  browser = await chromium.launch({ executablePath: chromiumPath() })
  const socketUrl = host.serving.url.replace(/\/$/, '')
  const configuration = { socketUrl, httpUrl: socketUrl.replace(/^ws/, 'http') }
  const nowhere = `127.0.0.1:${await freePort()}`
  plain = await startSite(configuration)
  signed = await startSite({ ...configuration, issuer: issuer.url, audience: testAudience })
  lonely = await startSite({ socketUrl: `ws://${nowhere}`, httpUrl: `http://${nowhere}` })
  vi.stubEnv('IASQL_ALLOWED_ORIGINS', `${plain.url},${signed.url}`)
  await answered("SELECT * FROM iasql_install('aws_sqs')")
  await answered("SELECT * FROM iasql_member_add('ann@example.com', 'viewer')")
})
afterAll(async () => {
  vi.unstubAllEnvs()
  await browser?.close()
  await Promise.all([plain, signed, lonely].map((site) => site?.close()))
  await host?.stop()
  await issuer?.close()
})
beforeEach(() => {
  violations.length = 0
  issuer.visitor = personClaims('u-17', 'ann@example.com')
  useHost(host.serving.ports)
})
afterEach(async () => {
  for (const context of browser.contexts()) await context.close()
  expect(violations).toEqual([])
})

async function answered(sql: string): Promise<readonly (readonly (string | null)[])[]> {
  const { statements } = await host.client.run(sql)
  expect(statements.at(-1)?.error).toBeUndefined()
  return statements.at(-1)?.rows ?? []
}

async function visit({ url }: Site, options: BrowserContextOptions = {}): Promise<Page> {
  const context = await browser.newContext(options)
  const page = await context.newPage()
  page.on('pageerror', (error) => violations.push(String(error)))
  page.on('console', (message) => {
    if (/Content Security Policy|Trusted|Permissions-Policy/i.test(message.text()))
      violations.push(message.text())
  })
  await page.goto(url)
  return page
}

const refusal = async (page: Page, text: string): Promise<string> => {
  const alert = page.getByRole('alert').filter({ hasText: text })
  await alert.waitFor()
  return await alert.innerText()
}
const signIn = async (page: Page, token: string): Promise<void> => {
  await page.getByLabel('API token').fill(token)
  await page.getByLabel('API token').press('Enter')
}
const status = (page: Page) => page.getByRole('heading', { name: 'What is going on' })
const atIssuer = (page: Page) => page.getByRole('button', { name: 'Sign in with your organisation' })

test('it tells everybody whether the product answers, and asks who wants more to sign in', async () => {
  const page = await visit(plain)

  await page.getByText('The product answers.').waitFor()

  expect(await page.getByLabel('API token').isVisible()).toBe(true)
  expect(await atIssuer(page).isVisible()).toBe(false)
  expect(await status(page).isVisible()).toBe(false)
})

test('a wrong token is told for what it is', async () => {
  const page = await visit(plain)

  await signIn(page, 'wrong')

  expect(await refusal(page, 'token')).toBe(
    'There is no such token: it is wrong, or was revoked. Was it copied whole?',
  )
  expect(await status(page).isVisible()).toBe(false)
})

test('who shows a token sees what is going on, and leaves nothing of it in the page', async () => {
  const page = await visit(plain)

  await signIn(page, host.token)
  await status(page).waitFor()

  expect(await page.getByRole('row').allInnerTexts()).toEqual(
    expect.arrayContaining([expect.stringMatching(/^install\s+succeeded\s+\d+$/)]),
  )
  expect(await page.locator('#token').inputValue()).toBe('')
  expect(await page.evaluate(() => JSON.stringify([localStorage, sessionStorage, document.cookie]))).toBe(
    '[{},{},""]',
  )
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.getByLabel('API token').waitFor()
  expect(await status(page).isVisible()).toBe(false)
})

test('it looks again when asked to', async () => {
  const page = await visit(plain)
  await signIn(page, host.token)
  await status(page).waitFor()
  const rows = await page.getByRole('row').count()

  await answered("INSERT INTO queue (name) VALUES ('jobs'); SELECT * FROM iasql_apply()")
  await page.getByRole('button', { name: 'Look again' }).click()
  await page.getByRole('cell', { name: 'apply' }).waitFor()

  expect(await page.getByRole('row').count()).toBe(rows + 1)
})

test('where the product is away it says so, and why nobody can sign in', async () => {
  const page = await visit(lonely)

  await page.getByText('Nothing answers.').waitFor()
  await signIn(page, host.token)

  expect(await refusal(page, 'No server answers')).toContain('ws://127.0.0.1')
  expect(await page.getByRole('button', { name: 'Sign in', exact: true }).isEnabled()).toBe(true)
})

test('a page that the deployment does not know gets no answer, and one when it is asked again after it does', async () => {
  vi.stubEnv('IASQL_ALLOWED_ORIGINS', signed.url)
  const page = await visit(plain)

  await page.getByText('Nothing answers.').waitFor()

  vi.stubEnv('IASQL_ALLOWED_ORIGINS', `${plain.url},${signed.url}`)
  await page.getByRole('button', { name: 'Ask again' }).click()
  await page.getByText('The product answers.').waitFor()
})

test('who has the one-time secret becomes owner, sees the token once, and goes on with it', async () => {
  const { ports } = host.serving
  const unsigned = { ...ports, identity: undefined }
  const { id: tenantId } = await createTenant(ports, { alias: 'fresh', secrets: host.database.secrets })
  await offerFirstOwner(unsigned, { tenantId, secret: 'read-in-secrets-manager' })
  useHost(unsigned)
  const claim = async (page: Page) => {
    await page.getByText('Become the first owner').click()
    await page.getByLabel('One-time secret').fill('read-in-secrets-manager')
    await page.getByRole('button', { name: 'Become owner' }).click()
  }
  const page = await visit(plain, { permissions: ['clipboard-read', 'clipboard-write'] })

  await claim(page)
  await page.getByRole('heading', { name: 'You are the first owner' }).waitFor()
  const token = await page.locator('output').innerText()
  await page.getByRole('button', { name: 'Copy' }).click()
  await page.getByRole('button', { name: 'Copied' }).waitFor()
  const copied = await page.evaluate(() => navigator.clipboard.readText())
  await page.getByRole('button', { name: 'Sign in with it' }).click()
  await status(page).waitFor()
  const late = await visit(plain)
  await claim(late)

  expect(token.length).toBeGreaterThan(30)
  expect(copied).toBe(token)
  expect(await page.locator('body').innerHTML()).not.toContain(token)
  expect(await refusal(late, 'secret')).toContain('The secret was used before.')
})

test('where there is an issuer people sign in there, and come back without anything in the address', async () => {
  const page = await visit(signed)

  await atIssuer(page).click()
  await status(page).waitFor()

  expect(page.url()).toBe(`${signed.url}/`)
  expect(issuer.asked.some((path) => path.startsWith('/authorize?'))).toBe(true)
})

test('who does not want to sign in at the issuer can do so later, or by token', async () => {
  issuer.visitor = undefined
  const page = await visit(signed)

  await atIssuer(page).click()

  expect(await refusal(page, 'issuer')).toBe('The issuer refuses to sign you in: access_denied.')
  await signIn(page, host.token)
  await status(page).waitFor()
})

test('a member of several tenants is asked which one, and need not go to the issuer for it again', async () => {
  const [[token = null] = []] = await answered("SELECT token FROM iasql_connect('staging')")
  const owner = await BareClient.open(host.serving.url, token ?? '')
  await owner.run("SELECT * FROM iasql_member_add('ann@example.com', 'viewer')")
  owner.close()
  const asking = await visit(signed)

  await atIssuer(asking).click()
  const told = await refusal(asking, 'several')
  const before = issuer.asked.filter((path) => path.startsWith('/authorize')).length
  await asking.getByLabel('Tenant').fill('staging')
  await atIssuer(asking).click()
  await status(asking).waitFor()

  expect(told).toContain('ann@example.com is a member of several tenants: local, staging.')
  expect(issuer.asked.filter((path) => path.startsWith('/authorize'))).toHaveLength(before)
})

test('its headers let it talk to the product alone, and run nothing that comes as text', async () => {
  const page = await visit(plain)
  await page.getByText('The product answers.').waitFor()

  const elsewhere = await page.evaluate(() =>
    fetch('https://elsewhere.example/').then(
      () => 'reached',
      () => 'forbidden',
    ),
  )
  const text = await page.evaluate(() => {
    try {
      document.body.innerHTML = '<img src=x onerror=alert(1)>'
      return 'taken'
    } catch {
      return 'forbidden'
    }
  })

  expect([elsewhere, text]).toEqual(['forbidden', 'forbidden'])
  expect(violations.splice(0).length).toBeGreaterThanOrEqual(2)
})

test.each(['light', 'dark'] as const)('every word can be read in %s colours', async (colorScheme) => {
  const page = await visit(signed, { colorScheme })
  await page.getByText('The product answers.').waitFor()
  await page.getByText('Become the first owner').click()
  await signIn(page, 'wrong')
  await refusal(page, 'token')
  const before = await page.evaluate(lowContrast)
  await signIn(page, host.token)
  await status(page).waitFor()

  expect([...before, ...(await page.evaluate(lowContrast))]).toEqual([])
})
