/** What a deployment does to the database: the first time, again, two at once, and with too little time. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { registry } from '#modules/registry.ts'
import { migrateDeployment } from '#operations/platform/migrate-deployment.ts'
import type { Ports } from '#operations/ports.ts'
import { systemClock } from '#operations/system-clock.ts'
import { createTenant } from '#operations/tenant/create-tenant.ts'
import { listTenants } from '#operations/tenant/load-tenant.ts'
import { openTestDatabase, type TestDatabase } from '../support/database.ts'
import { testSecretKeys } from '../support/secret-keys.ts'

let database: TestDatabase
let ports: Ports
const logged: string[] = []
const home = () => ({ secrets: database.secrets, firstOwnerSecret: async () => 'one-time' })
const whole = { after: undefined, budgetMs: 60_000 }

beforeAll(async () => {
  database = await openTestDatabase()
  const { platform, dataApi } = database
  ports = {
    platform,
    dataApi,
    clock: systemClock,
    modules: async () => registry,
    secretKeys: testSecretKeys(),
    connections: { post: async () => 'gone' },
    log: (_level: string, message: string) => void logged.push(message),
    defaults: { accountId: '123456789012', region: 'eu-west-1', budgetMs: 60_000 },
  } as unknown as Ports
})

beforeEach(() => {
  logged.length = 0
})

afterAll(() => database?.close())

const offers = () =>
  database.platform.query<{ tenant_id: string; used: boolean }>(
    'SELECT tenant_id, used_at IS NOT NULL AS used FROM iasql_platform.first_owner',
  )

test('the first deployment makes the home tenant, whose first owner is whoever shows the secret', async () => {
  expect(await migrateDeployment(ports, home(), whole)).toEqual({})

  const tenants = await listTenants(ports)
  expect(tenants.map(({ alias }) => alias)).toEqual(['home'])
  expect(await offers()).toEqual([{ tenant_id: tenants[0]?.id, used: false }])
})

test('later ones, also two at once, change nothing that is there', async () => {
  const before = await listTenants(ports)
  const passwords = await Promise.all(before.map(({ reader }) => database.secrets.get(reader.secret)))

  await Promise.all([migrateDeployment(ports, home(), whole), migrateDeployment(ports, home(), whole)])

  expect(await listTenants(ports)).toEqual(before)
  expect(await Promise.all(before.map(({ reader }) => database.secrets.get(reader.secret)))).toEqual(
    passwords,
  )
  expect(await offers()).toHaveLength(1)
})

test('what one invocation has no time for is done by the next, from where it left off', async () => {
  for (const alias of ['one', 'two']) await createTenant(ports, { alias, secrets: database.secrets })
  await database.platform.run('UPDATE iasql_platform.tenant SET fingerprint = NULL')
  const [first] = (await listTenants(ports)).filter(({ alias }) => alias !== 'home').toSorted(byId)

  const hasty = await migrateDeployment(ports, home(), { after: undefined, budgetMs: 0 })
  const rest = await migrateDeployment(ports, home(), { budgetMs: 0, after: hasty.after })

  const late = await database.platform.query(
    'SELECT alias FROM iasql_platform.tenant WHERE fingerprint IS NULL',
  )
  expect([hasty, rest]).toEqual([{ after: first?.id }, {}])
  expect(late).toEqual([])
  expect(logged).toContain('The database is up to date.')
})

const byId = (one: { readonly id: string }, other: { readonly id: string }) => (one.id < other.id ? -1 : 1)
