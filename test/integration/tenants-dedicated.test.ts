/** A tenant in a database of its own: looked after like the others from the first database, and out of everybody's sight. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { handler as rotate } from '#functions/rotate-secrets.ts'
import { closeConnection } from '#operations/connection/close-connection.ts'
import { openConnection } from '#operations/connection/open-connection.ts'
import { changePeople } from '#operations/people/change-people.ts'
import { signIn } from '#operations/people/sign-in.ts'
import { openCell } from '#operations/tenant/open-cell.ts'
import { upgradePlatform } from '#operations/tenant/upgrade-platform.ts'
import type { Queryable } from '#postgres/database.ts'
import { findSuspects } from '#postgres/statements/runaway.ts'
import { addStatements } from '#postgres/statements/tenant-usage.ts'
import { insertToken } from '#postgres/statements/token-change.ts'
import type { Tenant } from '#postgres/tenant.ts'
import {
  contextOf,
  type DedicatedLab,
  openDedicatedLab,
  rowOf,
  sweep,
  tokenOf,
} from '../support/dedicated-lab.ts'
import type { Placed } from '../support/placement.ts'

let lab: DedicatedLab
let acme: Placed

beforeAll(async () => {
  lab = await openDedicatedLab()
  acme = lab.acme
})
afterAll(() => lab?.close())
beforeEach(() => {
  lab.logged.length = 0
  lab.posted.length = 0
})

const connectionsOf = (db: Queryable) =>
  db.query('SELECT connection_id FROM iasql_platform.connection ORDER BY connection_id')

describe('its walls', () => {
  test('its logins get into its own database and into no other one', async () => {
    const elsewhere = { ...acme.tenant.writer, database: lab.home.writer.database }
    const open = (login: Tenant['writer']) =>
      lab.database.dataApi.execute({ login, sql: 'SELECT current_database()' })

    expect(await lab.as(acme.tenant, 'writer').query('SELECT current_database()::text AS name')).toEqual([
      { name: acme.tenant.id },
    ])
    await expect(open(elsewhere)).rejects.toThrow('permission denied for database')
    await expect(open({ ...lab.home.writer, database: acme.tenant.id })).rejects.toThrow(
      'permission denied for database',
    )
  })

  test('it sees the names of no other tenant’s schemas and tables, and of its own platform nothing but names', async () => {
    const names = await lab
      .as(acme.tenant, 'writer')
      .query<{ name: string }>(`SELECT nspname::text AS name FROM pg_namespace WHERE nspname LIKE 't\\_%'`)
    const reading = lab.as(acme.tenant, 'writer').query('SELECT * FROM iasql_platform.tenant')

    expect(names.map(({ name }) => name).sort()).toEqual([acme.tenant.schema, acme.tenant.userSchema].sort())
    await expect(reading).rejects.toThrow('permission denied for schema iasql_platform')
  })

  test('the public may neither connect to it nor make temporary tables there', async () => {
    await openCell(lab.ports, acme.tenant.id)

    const rights = await lab.platform.query(
      `SELECT a.grantee::regrole::text AS grantee, a.privilege_type AS may FROM pg_database d, aclexplode(d.datacl) a
       WHERE d.datname = :name AND a.grantee NOT IN (d.datdba) ORDER BY 1`,
      { name: acme.tenant.id },
    )

    expect(rights).toEqual(
      [acme.tenant.readerRole, acme.tenant.writerRole].sort().map((grantee) => ({ grantee, may: 'CONNECT' })),
    )
  })
})

describe('looked after from the first database', () => {
  test('it is in the list with the size that was measured where it is', async () => {
    await addStatements(acme.ports.platform, acme.tenant.id, 1)

    await sweep()

    const lines = await lab.call('iasql_db_list', [])
    expect(lines).toContainEqual(
      expect.objectContaining({ alias: 'acme', placement: 'dedicated', state: 'active' }),
    )
    expect(lines.find(({ alias }) => alias === 'acme')?.size_mb).toBeGreaterThan(0)
    expect(lab.logged).toEqual([])
  })

  test('suspended, its cell knows and its clients are closed; lifted, its login works again', async () => {
    const { tenant, ports } = acme
    const connection = { connectionId: 'c-1', tenantId: tenant.id, subject: 'ann', role: 'owner' }
    const room = { perTenant: 5, perSubject: 5 }
    await openConnection(lab.ports, { ...connection, endpoint: 'test' }, room)

    const [line] = await lab.call('iasql_tenant_suspend', ['acme', true])

    expect(line).toMatchObject({ alias: 'acme', state: 'suspended' })
    expect(await rowOf(ports.platform, tenant)).toMatchObject({ state: 'suspended' })
    expect([lab.posted, lab.closed]).toEqual([['c-1 auth/suspended'], ['c-1']])
    expect([...(await connectionsOf(lab.platform)), ...(await connectionsOf(ports.platform))]).toEqual([])
    // By a connection that was open, or by a new one.
    await expect(lab.as(tenant, 'writer').query('SELECT 1')).rejects.toThrow(
      /not permitted to log in|terminating connection/,
    )

    await lab.call('iasql_tenant_suspend', ['acme', false])

    expect(await lab.as(tenant, 'writer').query('SELECT 1 AS one')).toEqual([{ one: 1 }])
  })

  test('a quota is that of its cell too', async () => {
    await lab.call('iasql_tenant_quota', ['acme', 'runs', 7])

    expect(await rowOf(acme.ports.platform, acme.tenant)).toMatchObject({ quota_runs: 7 })
  })

  test('its own owner sees it, and may not look after tenants', async () => {
    const lines = await lab.call('iasql_db_list', [], { tenant: acme.tenant })

    expect(lines.map(({ alias, quota_runs }) => [alias, quota_runs])).toEqual([['acme', 7]])
    await expect(
      lab.call('iasql_tenant_quota', ['home', 'runs', 7], { tenant: acme.tenant }),
    ).rejects.toThrow('for owners of the home tenant')
  })

  test('its connection is known in both databases, and forgotten in both', async () => {
    const connection = { connectionId: 'c-2', tenantId: acme.tenant.id, subject: 'ann', role: 'owner' }
    const room = { perTenant: 1, perSubject: 1 }
    const there = [{ connection_id: 'c-2' }]

    const first = await openConnection(lab.ports, { ...connection, endpoint: 'test' }, room)
    const second = await openConnection(
      lab.ports,
      { ...connection, connectionId: 'c-3', endpoint: 'test' },
      room,
    )

    expect([first, second]).toEqual(['opened', 'full'])
    expect([await connectionsOf(lab.platform), await connectionsOf(acme.ports.platform)]).toEqual([
      there,
      there,
    ])

    await closeConnection(lab.ports, 'c-2')

    expect([await connectionsOf(lab.platform), await connectionsOf(acme.ports.platform)]).toEqual([[], []])
  })

  test('a token of it opens the door, and is seen by it with its last use', async () => {
    await changePeople(acme.ports, acme.tenant, (db) => insertToken(db, tokenOf(acme.tenant, 'ci')))

    const signedIn = await signIn(lab.ports, { text: 'token-ci', tenant: 'acme' })

    expect(signedIn).toMatchObject({ tenantId: acme.tenant.id, subject: 'ci', role: 'owner' })
    expect(
      await lab
        .as(acme.tenant, 'reader')
        .query('SELECT name, last_used_at IS NOT NULL AS used FROM iasql_token'),
    ).toEqual([{ name: 'ci', used: true }])
  })

  test('its passwords are replaced where it is, once', async () => {
    const old = "UPDATE iasql_platform.tenant SET secrets_rotated_at = now() - interval '31 days'"
    await acme.ports.platform.run(old)
    const before = await lab.ports.secrets.get(acme.tenant.writer.secret)

    await rotate({}, contextOf('rotate-secrets'))
    const after = await lab.ports.secrets.get(acme.tenant.writer.secret)
    await rotate({}, contextOf('rotate-secrets'))

    expect(after.password).not.toBe(before.password)
    expect(await lab.ports.secrets.get(acme.tenant.writer.secret)).toEqual(after)
    expect(await lab.as(acme.tenant, 'writer').query('SELECT 1 AS one')).toEqual([{ one: 1 }])
  })

  test('it is brought up to date with the others, its platform first', async () => {
    const { platform } = acme.ports
    await lab.platform.run('UPDATE iasql_platform.tenant SET fingerprint = NULL')
    await platform.run(
      "DELETE FROM iasql_platform.schema_version WHERE scope = 'platform' AND name = 'accounts'",
    )
    await platform.run(
      'DROP TABLE iasql_platform.linked_role, iasql_platform.linked_account, iasql_platform.external_id',
    )

    const { failed } = await upgradePlatform(lab.ports)

    expect(failed).toEqual([])
    expect(await platform.query('SELECT * FROM iasql_platform.linked_account')).toEqual([])
    const fingerprint = 'SELECT DISTINCT fingerprint IS NOT NULL AS made FROM iasql_platform.tenant'
    expect([await platform.query(fingerprint), await lab.platform.query(fingerprint)]).toEqual([
      [{ made: true }],
      [{ made: true }],
    ])
  })

  test('a statement of it that takes too long is ended', async () => {
    const { schema, writerRole } = acme.tenant
    await acme.ports.platform.run(
      `UPDATE ${schema}.iasql_setting SET value = '5' WHERE name = 'statement_timeout'`,
    )
    const running = lab
      .as(acme.tenant, 'writer')
      .query('SELECT pg_sleep(40)')
      .then(String, (error: Error) => error.message)
    const suspects = async () => (await findSuspects(acme.ports.platform, 5)).map(({ role }) => role)
    await expect.poll(suspects, { timeout: 30_000 }).toEqual([writerRole])

    const seenElsewhere = await findSuspects(lab.platform, 5)
    await sweep()

    expect(await running).toContain('57014')
    expect(seenElsewhere).toEqual([])
  })
})
