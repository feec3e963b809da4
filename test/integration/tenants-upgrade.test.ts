/** Tenants are brought up to date one at a time: whatever happens in between, nobody is lost and nothing is done twice. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Ports } from '#operations/ports.ts'
import { recoverRuns } from '#operations/run/recover-runs.ts'
import { busyTenants } from '#operations/tenant/busy-tenants.ts'
import { loadTenant, listTenants as servedTenants } from '#operations/tenant/load-tenant.ts'
import { tenantFingerprint } from '#operations/tenant/tenant-fingerprint.ts'
import { upgradePlatform } from '#operations/tenant/upgrade-platform.ts'
import { migratePlatform } from '#postgres/migrate.ts'
import type { PlatformMigration } from '#postgres/migrations/migration.ts'
import { platformMigrations } from '#postgres/migrations/platform.ts'
import { noteActive, uncertainTenants } from '#postgres/statements/tenant-busy.ts'
import { listTenants, outdatedTenants } from '#postgres/statements/tenant-find.ts'
import type { Tenant } from '#postgres/tenant.ts'
import { openPlatformLab, type PlatformLab } from '../support/platform-lab.ts'

/** The whole thousand is measured by `npm run bench -- tenants`. */
const count = 20
let lab: PlatformLab
let tenants: readonly Tenant[]

beforeAll(async () => {
  lab = await openPlatformLab()
  for (let n = 0; n < count; n++) await lab.create(`tenant-${n}`)
  tenants = await listTenants(lab.platform)
}, 180_000)
afterAll(() => lab?.close())
beforeEach(async () => {
  lab.logged.length = 0
  await lab.platform.run('UPDATE iasql_platform.tenant SET fingerprint = NULL, upgrade_problem = NULL')
})

const outdated = async () => {
  const fingerprint = tenantFingerprint(await lab.ports.modules())
  return (await outdatedTenants(lab.platform, { fingerprint, after: '' })).map(({ alias }) => alias)
}

/** The ports, with a database that does as told before each transaction of a tenant's upgrade begins. */
const watched = (before: (sql: string) => void): Ports => ({
  ...lab.ports,
  platform: {
    ...lab.platform,
    transaction: (work) =>
      lab.platform.transaction((transaction) =>
        work({
          query: (sql, parameters) => transaction.query(sql, parameters),
          run: (sql, parameters) => {
            before(sql)
            return transaction.run(sql, parameters)
          },
        }),
      ),
  },
})

test('all of them are brought up to date, and then there is nothing to do but to ask', async () => {
  const first = await upgradePlatform(lab.ports)
  let asked = 0
  const counting: Ports = {
    ...lab.ports,
    platform: {
      ...lab.platform,
      query: (sql, parameters) => {
        asked += 1
        return lab.platform.query(sql, parameters)
      },
    },
  }

  const second = await upgradePlatform(counting)

  expect(first).toEqual({ done: count + 1, failed: [] })
  expect(second).toEqual({ done: 0, failed: [] })
  expect(asked).toBe(1)
})

test('one that fails stays as it was and is served, is told of, and does not keep the others', async () => {
  const broken = tenants[3] as Tenant
  const failing = watched((sql) => {
    if (sql === `SET LOCAL ROLE ${broken.ownerRole}`) throw new Error('out of room')
  })

  const { done, failed } = await upgradePlatform(failing)

  expect([done, failed]).toEqual([count, [{ alias: broken.alias, problem: 'out of room' }]])
  expect(await outdated()).toEqual([broken.alias])
  expect((await loadTenant(lab.ports, broken.id)).alias).toBe(broken.alias)
  expect(await lab.call('iasql_db_list', [])).toContainEqual(
    expect.objectContaining({ alias: broken.alias, state: 'active', problem: 'out of room' }),
  )
  expect(lab.logged).toContain(
    'error A tenant could not be brought up to date; it stays as it was and is tried again.',
  )

  expect(await upgradePlatform(lab.ports)).toEqual({ done: 1, failed: [] })
})

test('after a crash it goes on with the tenants that are left', async () => {
  const seen: string[] = []
  const counting = watched((sql) => {
    const role = /^SET LOCAL ROLE (\w+)_owner$/.exec(sql)?.[1]
    if (role && seen.at(-1) !== role) seen.push(role)
  })
  const crashed = await upgradePlatform(counting, { isOver: () => seen.length >= 5 })
  const half = await outdated()

  const rest = await upgradePlatform(counting)

  expect(crashed.done).toBe(5)
  expect(half).toHaveLength(count + 1 - 5)
  expect(rest).toEqual({ done: count - 4, failed: [] })
  expect(new Set(seen).size).toBe(seen.length)
})

test('two at once leave all of them up to date', async () => {
  const [one, two] = await Promise.all([upgradePlatform(lab.ports), upgradePlatform(lab.ports)])

  expect([one.failed, two.failed]).toEqual([[], []])
  expect(await outdated()).toEqual([])
})

describe('code and schema of different versions', () => {
  const store = (version: number, readableSince: number) =>
    lab.platform.run(
      `UPDATE iasql_platform.tenant SET schema_version = :version::int, schema_readable_since = :readableSince::int
       WHERE tenant_id = :id`,
      { version, readableSince, id: tenants[0]?.id ?? '' },
    )
  const load = () => loadTenant(lab.ports, tenants[0]?.id ?? '')

  test('a tenant is served while a later release has only added to it', async () => {
    await store(99, 1)

    expect((await load()).id).toBe(tenants[0]?.id)
  })

  test('and not any more when that has taken from it; the sweep passes it over', async () => {
    await store(99, 98)

    await expect(load()).rejects.toMatchObject({ code: 'host/version', sqlstate: '55000' })
    expect(await servedTenants(lab.ports)).toHaveLength(count)
    await store(1, 1)
  })

  const later = (more: Partial<PlatformMigration>): readonly PlatformMigration[] => [
    ...platformMigrations,
    { name: 'later', version: 3, sql: [], ...more },
  ]

  test('a platform that was only added to is read by the last release', async () => {
    await migratePlatform(lab.platform, later({ version: 1 }))

    await expect(migratePlatform(lab.platform)).resolves.toBeUndefined()
  })

  test('one that was taken from refuses it, and says so', async () => {
    await migratePlatform(lab.platform, later({ readableSince: 2 }))

    await expect(migratePlatform(lab.platform)).rejects.toMatchObject({
      code: 'host/version',
      detail: 'Part later of the database is read by version 2 of it at least.',
    })
    await expect(migratePlatform(lab.platform, later({ version: 2 }))).resolves.toBeUndefined()
  })
})

test('a start and a sweep ask all tenants at once, and look into those alone that have something open', async () => {
  const busy = tenants[7] as Tenant
  await lab.platform.run(
    `INSERT INTO ${busy.schema}.iasql_run (run_id, actor, role, state) VALUES (gen_random_uuid(), 'ann', 'editor', 'accepted')`,
  )
  const asked: string[] = []
  const started: string[] = []
  const counting = {
    ...lab.ports,
    platform: {
      ...lab.platform,
      query: (sql: string, parameters = {}) => {
        asked.push(sql)
        return lab.platform.query(sql, parameters)
      },
    },
    invoker: { runStatements: async ({ tenantId }: { tenantId: string }) => void started.push(tenantId) },
  } as unknown as Ports

  await recoverRuns(counting, { isSole: true })

  expect(started).toEqual([busy.id])
  expect(asked).toHaveLength(4)
})

test('a tenant without anything open is not asked again until something is begun', async () => {
  const { platform } = lab
  await platform.run("UPDATE iasql_platform.tenant SET created_at = now() - interval '1 hour'")
  await platform.run(`DELETE FROM ${tenants[7]?.schema}.iasql_run`)
  const uncertain = async () => [...(await uncertainTenants(platform)).ids]
  const before = await uncertain()

  await busyTenants(lab.ports)
  const quiet = await uncertain()
  await noteActive(platform, { id: tenants[2]?.id ?? '' })
  await busyTenants(lab.ports)

  expect([before.length, quiet]).toEqual([count + 1, []])
  expect(await uncertain()).toEqual([tenants[2]?.id])

  await platform.run("UPDATE iasql_platform.tenant_usage SET active_at = now() - interval '6 minutes'")
  await busyTenants(lab.ports)

  expect(await uncertain()).toEqual([])
})

test('all of them at once, with as many statements each as may run, get their turns', async () => {
  const statements = tenants.flatMap((tenant) =>
    Array.from({ length: 12 }, () =>
      lab.as(tenant, 'writer').query<{ name: string }>('SELECT current_user::text AS name'),
    ),
  )

  const answers = (await Promise.all(statements)).map(([row]) => row?.name)

  expect(answers).toHaveLength((count + 1) * 12)
  expect(new Set(answers)).toEqual(new Set(tenants.map(({ writerRole }) => writerRole)))
})
