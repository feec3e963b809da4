/** A move that breaks off anywhere goes on where it was, and one that cannot be done leaves everything as it was. */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { continueMove } from '#operations/move/continue-move.ts'
import { finishMoves } from '#operations/move/finish-moves.ts'
import { signIn } from '#operations/people/sign-in.ts'
import type { Ports } from '#operations/ports.ts'
import { callRpc } from '#operations/rpc/registry.ts'
import { atTenant } from '#operations/tenant/cell.ts'
import { databaseOver } from '#postgres/database.ts'
import { spillingDataApi } from '#postgres/spilling-data-api.ts'
import { findTenant } from '#postgres/statements/tenant-find.ts'
import type { Tenant } from '#postgres/tenant.ts'
import { mortalDataApi } from '../support/mortal-data-api.ts'
import { openPlatformLab, type PlatformLab } from '../support/platform-lab.ts'
import { pictureOf } from '../support/tenant-picture.ts'
import { makeUserWorld } from '../support/user-world.ts'

let lab: PlatformLab

beforeAll(async () => {
  lab = await openPlatformLab()
})
afterAll(() => lab?.close())

const connect = async (alias: string) => {
  const [row] = await lab.call('iasql_connect', [alias])
  const tenant = await findTenant(lab.platform, { alias })
  if (!tenant) throw new Error(`there is no ${alias}`)
  return { tenant, token: String(row?.token) }
}
const picture = async (tenant: Tenant) =>
  pictureOf((await atTenant(lab.ports, tenant.id)).ports.platform, tenant)
const lineOf = async (alias: string) =>
  (await lab.call('iasql_db_list', [])).find((line) => line.alias === alias)
const hasDatabase = async ({ id }: Tenant) =>
  (await lab.platform.query('SELECT datname::text FROM pg_database WHERE datname = :id', { id })).length > 0
const hasSchema = async ({ schema }: Tenant) =>
  (await lab.platform.query('SELECT nspname::text FROM pg_namespace WHERE nspname = :schema', { schema }))
    .length > 0

/** Ports of a process that dies after so many calls to the database. */
const mortal = (lives: number) => {
  const dataApi = mortalDataApi(lab.database.dataApi, lives)
  const cells = spillingDataApi(dataApi)
  const cellDatabase = (database: string) => databaseOver(cells, { secret: 'iasql/platform', database })
  const ports: Ports = {
    ...lab.ports,
    dataApi,
    cellDatabase,
    platform: cellDatabase(lab.database.databaseName),
  }
  return { ports, dataApi }
}
/** The next sweep, when nobody waits for the dead any more. */
const sweepLater = async () => {
  const later = { ...lab.ports, clock: { ...lab.ports.clock, now: () => new Date(Date.now() + 600_000) } }
  const begun: string[] = []
  const moveTenant = async ({ tenantId }: { tenantId: string }) => void begun.push(tenantId)
  await finishMoves({ ...later, invoker: { ...later.invoker, moveTenant } })
  // An event may come twice.
  const twice = [...begun, ...begun]
  await Promise.all(twice.map((tenantId) => continueMove(later, { tenantId })))
}
/** Shut and noted, and not yet begun. */
const leaveOnTheWay = async (tenant: Tenant) => {
  await lab.platform.run("UPDATE iasql_platform.tenant SET state = 'moving' WHERE tenant_id = :id", {
    id: tenant.id,
  })
  await lab.platform.run(
    `INSERT INTO iasql_platform.tenant_move (tenant_id, placement, source_database, target_database, phase)
     SELECT tenant_id, 'dedicated', database_name, tenant_id, 'copying' FROM iasql_platform.tenant WHERE tenant_id = :id`,
    { id: tenant.id },
  )
}
const move = (ports: Ports, alias: string, placement: string) =>
  callRpc(ports, {
    tenant: lab.home,
    name: 'iasql_tenant_move',
    arguments: [alias, placement],
    actor: 'root',
    role: 'owner',
    ...{ runId: randomUUID(), statement: 0, context: randomUUID() },
  })

describe('a crash', () => {
  let tenant: Tenant
  let before: readonly string[]
  const calls: Record<string, number> = {}
  const placements = ['dedicated', 'shared'] as const

  beforeAll(async () => {
    ;({ tenant } = await connect('mortal'))
    await makeUserWorld(lab.as(tenant, 'writer'), tenant)
    before = await picture(tenant)
    for (const placement of placements) {
      const { ports, dataApi } = mortal(Number.POSITIVE_INFINITY)
      await move(ports, 'mortal', placement)
      calls[placement] = dataApi.calls
    }
  }, 120_000)

  test.each([0.05, 0.3, 0.5, 0.7, 0.85, 0.95, 0.985])(
    'after %f of the way, there and back, loses nothing and repeats nothing',
    async (share) => {
      for (const placement of placements) {
        const { ports } = mortal(Math.floor((calls[placement] ?? 0) * share))

        await expect(move(ports, 'mortal', placement)).rejects.toThrow('The process is dead')
        await sweepLater()
        const swept = await lineOf('mortal')
        if (swept?.placement !== placement) await move(lab.ports, 'mortal', placement)

        expect(await lineOf('mortal')).toMatchObject({ placement, state: 'active', problem: null })
        expect(await picture(tenant)).toEqual(before)
        expect([await hasDatabase(tenant), await hasSchema(tenant)]).toEqual(
          placement === 'dedicated' ? [true, false] : [false, true],
        )
      }
    },
    120_000,
  )
})

describe('what cannot be made again', () => {
  const spoil = async (tenant: Tenant) => {
    const u = tenant.userSchema
    const writer = lab.as((await atTenant(lab.ports, tenant.id)).tenant, 'writer')
    await writer.query(`SELECT ${tenant.schema}.iasql_execute(:sql, '{}'::jsonb, '[]')::text AS done`, {
      sql: `CREATE FUNCTION ${u}.here(n int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS
        'BEGIN IF current_database() <> ''${await placeName(tenant)}'' THEN RAISE ''not here''; END IF; RETURN n; END'`,
    })
    await writer.run(`CREATE TABLE ${u}.placed (n int, same int GENERATED ALWAYS AS (${u}.here(n)) STORED)`)
    await writer.run(`INSERT INTO ${u}.placed VALUES (1)`)
  }
  const placeName = async (tenant: Tenant) => (await atTenant(lab.ports, tenant.id)).tenant.writer.database

  test('is told by name, and the tenant is as it was, with its people and logins', async () => {
    const { tenant, token } = await connect('spoiled')
    await spoil(tenant)
    const before = await picture(tenant)

    const refused = await move(lab.ports, 'spoiled', 'dedicated').catch((error: Error) => error)

    expect(refused).toMatchObject({ sqlstate: '55000', message: expect.stringContaining('not here') })
    expect(await lineOf('spoiled')).toMatchObject({
      state: 'active',
      placement: 'shared',
      problem: expect.stringContaining('not here'),
    })
    expect(await picture(tenant)).toEqual(before)
    expect(await hasDatabase(tenant)).toBe(false)
    expect(await signIn(lab.ports, { text: token, tenant: undefined })).toMatchObject({ tenantId: tenant.id })
    await lab.as(tenant, 'writer').run(`DELETE FROM ${tenant.userSchema}.placed`)
    await lab.as(tenant, 'writer').run(`DROP TABLE ${tenant.userSchema}.placed`)
    await move(lab.ports, 'spoiled', 'dedicated')
    expect(await lineOf('spoiled')).toMatchObject({ placement: 'dedicated', problem: null })
  }, 60_000)

  test('is taken back out of the shared database too, and a crash of that is swept up', async () => {
    const { tenant } = await connect('spoiled_back')
    await move(lab.ports, 'spoiled_back', 'dedicated')
    await spoil(tenant)
    const before = await picture(tenant)
    const { ports: counted, dataApi } = mortal(Number.POSITIVE_INFINITY)
    await expect(move(counted, 'spoiled_back', 'shared')).rejects.toThrow('not here')

    for (const fromEnd of [2, 5, 9, 14]) {
      const { ports } = mortal(dataApi.calls - fromEnd)
      await expect(move(ports, 'spoiled_back', 'shared')).rejects.toThrow()
      await sweepLater()

      expect(await lineOf('spoiled_back')).toMatchObject({
        state: 'active',
        placement: 'dedicated',
        problem: expect.stringContaining('not here'),
      })
      expect(await hasSchema(tenant)).toBe(false)
      expect(await picture(tenant)).toEqual(before)
    }
  }, 120_000)
})

test('while it is moved nobody gets in, who is in is told, and it is neither suspended, deleted nor moved again', async () => {
  const { tenant, token } = await connect('underway')
  await lab.platform.run(
    `INSERT INTO iasql_platform.connection (connection_id, tenant_id, subject, role, endpoint, expires_at)
     VALUES ('c-underway', :id, 'root', 'owner', 'test', now() + interval '1 hour')`,
    { id: tenant.id },
  )
  const { ports, dataApi } = mortal(Number.POSITIVE_INFINITY)
  await move(ports, 'underway', 'dedicated')
  await move(lab.ports, 'underway', 'shared')
  lab.posted.length = 0
  await lab.platform.run(
    `INSERT INTO iasql_platform.connection (connection_id, tenant_id, subject, role, endpoint, expires_at)
     VALUES ('c-underway', :id, 'root', 'owner', 'test', now() + interval '1 hour')`,
    { id: tenant.id },
  )

  await expect(move(mortal(Math.floor(dataApi.calls / 2)).ports, 'underway', 'dedicated')).rejects.toThrow()

  expect(await lineOf('underway')).toMatchObject({ state: 'moving', placement: 'shared' })
  expect(lab.posted).toEqual(['c-underway auth/suspended'])
  expect(lab.closed).toContain('c-underway')
  await expect(signIn(lab.ports, { text: token, tenant: undefined })).rejects.toMatchObject({
    code: 'auth/suspended',
    hint: expect.stringContaining('in a moment'),
  })
  await expect(lab.as(tenant, 'writer').query('SELECT 1 AS one')).rejects.toThrow()
  for (const [name, given] of [
    ['iasql_tenant_suspend', ['underway', true]],
    ['iasql_disconnect', ['underway']],
    ['iasql_tenant_move', ['underway', 'dedicated']],
  ] as const)
    await expect(lab.call(name, given)).rejects.toMatchObject({
      sqlstate: '55000',
      message: 'the tenant underway is moving',
    })
  await sweepLater()
  expect(await signIn(lab.ports, { text: token, tenant: undefined })).toMatchObject({ role: 'owner' })
}, 60_000)

test('rows that somebody writes in spite of all are found out, and the move is taken back', async () => {
  const { tenant } = await connect('written')
  const { ports, dataApi } = mortal(Number.POSITIVE_INFINITY)
  await move(ports, 'written', 'dedicated')
  await move(lab.ports, 'written', 'shared')

  await expect(move(mortal(dataApi.calls - 150).ports, 'written', 'dedicated')).rejects.toThrow()
  await lab.platform.run(`UPDATE ${tenant.schema}.iasql_setting SET value = value`)
  await sweepLater()

  expect(await lineOf('written')).toMatchObject({
    state: 'active',
    placement: 'shared',
    problem: 'the rows differ of iasql_setting',
  })
}, 60_000)

test('what was made before everybody was out and would run as the platform is not read', async () => {
  const { tenant } = await connect('policed')
  const u = tenant.userSchema
  const writer = lab.as(tenant, 'writer')
  await writer.run(`CREATE TABLE ${u}.guarded AS SELECT 1 AS n`)
  await writer.query(`SELECT ${tenant.schema}.iasql_execute(:sql, '{}'::jsonb, '[]')::text AS done`, {
    sql: `CREATE FUNCTION ${u}.spy() RETURNS boolean LANGUAGE plpgsql AS
      'BEGIN RAISE ''run as %'', session_user; END'`,
  })
  await writer.run(`CREATE POLICY spying ON ${u}.guarded USING (${u}.spy())`)
  await writer.run(`ALTER TABLE ${u}.guarded ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY`)
  await leaveOnTheWay(tenant)

  await sweepLater()

  expect(await lineOf('policed')).toMatchObject({
    state: 'active',
    placement: 'shared',
    problem: expect.stringContaining('it has made what cannot be moved: policy spying on table guarded'),
  })
  expect(await writer.query('SELECT 1 AS one')).toEqual([{ one: 1 }])
}, 60_000)

test('two that are at work on one move at once leave one tenant, whole, in one place', async () => {
  const { tenant } = await connect('contended')
  await makeUserWorld(lab.as(tenant, 'writer'), tenant)
  const before = await picture(tenant)

  const slow = move(lab.ports, 'contended', 'dedicated').catch((error: Error) => error)
  await expect.poll(async () => (await lineOf('contended'))?.state, { interval: 5 }).toBe('moving')
  await sweepLater()
  await slow
  await sweepLater()

  const line = await lineOf('contended')
  expect(line?.state).toBe('active')
  expect(await picture(tenant)).toEqual(before)
  expect([await hasDatabase(tenant), await hasSchema(tenant)]).toEqual(
    line?.placement === 'dedicated' ? [true, false] : [false, true],
  )
}, 120_000)
