/** New passwords for tenants' logins: who is logged in goes on, who comes gets in, and a crash locks nobody out. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { loginRepair } from '#operations/tenant/restore-tenant.ts'
import { rotateSecrets } from '#operations/tenant/rotate-secrets.ts'
import { databaseOver } from '#postgres/database.ts'
import { inProcessDataApi } from '#postgres/in-process-data-api.ts'
import { repairingDataApi } from '#postgres/repairing-data-api.ts'
import type { Secrets } from '#postgres/secrets.ts'
import type { Tenant } from '#postgres/tenant.ts'
import { openPlatformLab, type PlatformLab } from '../support/platform-lab.ts'

let lab: PlatformLab
let tenant: Tenant

beforeAll(async () => {
  lab = await openPlatformLab()
  tenant = await lab.create('acme')
})
afterAll(() => lab?.close())
beforeEach(async () => {
  lab.logged.length = 0
  const old =
    "UPDATE iasql_platform.tenant SET secrets_rotated_at = now() - interval '31 days' WHERE tenant_id = :id"
  await lab.platform.run(old, { id: tenant.id })
})

const passwords = () =>
  Promise.all(
    [tenant.reader, tenant.writer].map(async ({ secret }) => (await lab.ports.secrets.get(secret)).password),
  )
const login = (who: 'reader' | 'writer') => lab.as(tenant, who).query('SELECT 1 AS one')

test('passwords that are old are replaced, once, and both logins work with the new ones', async () => {
  await login('writer')
  const before = await passwords()

  expect(await rotateSecrets(lab.ports)).toBe(1)
  expect(await rotateSecrets(lab.ports)).toBe(0)

  const after = await passwords()
  expect(after.filter((password) => before.includes(password))).toEqual([])
  for (const who of ['reader', 'writer'] as const) expect(await login(who)).toEqual([{ one: 1 }])
})

test('a session that is open goes on over the rotation, and its pool takes newcomers with the new password', async () => {
  const { dataApi } = lab.database
  const open = await dataApi.begin(tenant.writer)

  await rotateSecrets(lab.ports)
  const others = await Promise.all(Array.from({ length: 5 }, () => login('writer')))
  await dataApi.execute({ login: tenant.writer, transactionId: open, sql: 'SELECT 1' })
  await dataApi.commit(tenant.writer, open)

  expect(others).toEqual(Array.from({ length: 5 }, () => [{ one: 1 }]))
})

test('of two rotations at once one does it', async () => {
  const counts = await Promise.all([rotateSecrets(lab.ports), rotateSecrets(lab.ports)])

  expect(counts[0] + counts[1]).toBe(1)
  expect(await login('writer')).toEqual([{ one: 1 }])
})

test.each([
  ['before the secret is stored', 0],
  ['between the secrets of the two logins', 1],
  ['before the database commits', 2],
])('a crash %s locks nobody out, and the next round rotates', async (_when, stored) => {
  let puts = 0
  const dying: Secrets = {
    ...lab.ports.secrets,
    put: async (name, credentials) => {
      if (puts === stored) throw new Error('dead')
      puts += 1
      await lab.ports.secrets.put(name, credentials)
      if (stored === 2 && puts === 2) throw new Error('dead')
    },
  }
  await rotateSecrets({ ...lab.ports, secrets: dying })
  const { host, port } = lab.database.cluster
  const newcomer = inProcessDataApi({ host, port, secrets: lab.ports.secrets })
  const repairing = repairingDataApi(newcomer, loginRepair(lab.ports))

  for (const who of ['reader', 'writer'] as const) {
    const transaction = databaseOver(repairing, tenant[who]).transaction((db) => db.query('SELECT 1 AS one'))
    expect(await transaction).toEqual([{ one: 1 }])
  }
  await newcomer.close()
  expect(lab.logged).toContain('error The passwords of a tenant could not be replaced.')
  expect(await rotateSecrets(lab.ports)).toBe(1)
  expect(await login('writer')).toEqual([{ one: 1 }])
})
