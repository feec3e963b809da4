/** Tenants in a database of their own: nothing is over both databases at once, so what a crash leaves between them is mended. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Ports } from '#operations/ports.ts'
import { atTenant } from '#operations/tenant/cell.ts'
import { finishDeletions } from '#operations/tenant/delete-tenant.ts'
import { migrateCells } from '#operations/tenant/migrate-cells.ts'
import { openCell } from '#operations/tenant/open-cell.ts'
import { quotaCall } from '#operations/tenant/tenant-calls.ts'
import { dropCellDatabase, isDatabase } from '#postgres/cell-database.ts'
import type { Database } from '#postgres/database.ts'
import { insertLinkedAccount, insertLinkedRoles, isRoleTaken } from '#postgres/statements/linked-account.ts'
import { setDeleting, setSuspended } from '#postgres/statements/tenant-change.ts'
import { setQuota } from '#postgres/statements/tenant-quota.ts'
import { addStatements } from '#postgres/statements/tenant-usage.ts'
import { insertToken } from '#postgres/statements/token-change.ts'
import type { Tenant } from '#postgres/tenant.ts'
import { type DedicatedLab, openDedicatedLab, rowOf, sweep, tokenOf } from '../support/dedicated-lab.ts'
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
})

const tokensShown = ({ ports, tenant }: Placed) =>
  ports.platform.query(`SELECT name FROM ${tenant.schema}.iasql_token_record ORDER BY name`)

describe('after a crash', () => {
  test('what the directory had decided, its people and its state, the sweep brings to the cell', async () => {
    const { tenant, ports } = acme
    await setQuota(lab.platform, tenant, { quota: 'runs', value: 9 })
    await setSuspended(lab.platform, tenant, true)
    await ports.platform.run("UPDATE iasql_platform.tenant SET state = 'creating'")
    await insertToken(lab.platform, tokenOf(tenant, 'late'))

    await sweep()
    const mended = await rowOf(ports.platform, tenant)
    await setSuspended(lab.platform, tenant, false)
    await sweep()

    expect(mended).toMatchObject({ state: 'suspended', quota_runs: 9, database_name: tenant.id })
    expect(await rowOf(ports.platform, tenant)).toMatchObject({ state: 'active' })
    expect(await tokensShown(acme)).toEqual([{ name: 'late' }])
  })

  test('a role that was reserved for a link that never came to be is free again, and one just being linked is not', async () => {
    const { id: tenantId } = acme.tenant
    const arn = (account: string) => `arn:aws:iam::${account}:role/iasql`
    for (const account_id of ['111111111111', '222222222222']) {
      const link = { tenantId, account_id, read_role_arn: arn(account_id), write_role_arn: null }
      await insertLinkedAccount(lab.platform, { ...link, external_id: 'x', by: 'ann' })
      await insertLinkedRoles(lab.platform, { ...link, external_id: 'x', by: 'ann' })
    }
    await lab.platform.run(
      "UPDATE iasql_platform.linked_account SET linked_at = now() - interval '11 minutes' WHERE account_id = '111111111111'",
    )

    await sweep()

    const taken = (account: string) =>
      isRoleTaken(lab.platform, { tenantId: lab.home.id, roleArns: [arn(account)] })
    expect([await taken('111111111111'), await taken('222222222222')]).toEqual([false, true])
  })

  test('a login that is repaired while its quota is changed has the new one', async () => {
    const reader = acme.tenant.readerRole
    let repairs = 0
    const cellDatabase = (name: string): Database => {
      const cell = lab.ports.cellDatabase(name)
      const transaction: Database['transaction'] = async (work) => {
        // As a repair does it that has read the row of the cell just before.
        if (repairs++ === 0) await lab.platform.run(`ALTER ROLE ${reader} CONNECTION LIMIT 20`)
        return await cell.transaction(work)
      }
      return { ...cell, transaction }
    }
    const ids = { runId: 'none', statement: 0, context: 'none' }

    await quotaCall(
      { ...lab.ports, cellDatabase },
      {
        ...ids,
        tenant: lab.home,
        name: '',
        arguments: ['acme', 'connections', 7],
        actor: 'root',
        role: 'owner',
      },
    )

    expect(
      await lab.platform.query('SELECT rolconnlimit AS most FROM pg_roles WHERE rolname = :reader', {
        reader,
      }),
    ).toEqual([{ most: 7 }])
  })

  test('a cell that was half made is completed', async () => {
    await lab.platform.run(`CREATE DATABASE half TEMPLATE template0 ALLOW_CONNECTIONS false`)

    await openCell(lab.ports, 'half')

    const half = lab.ports.cellDatabase('half')
    expect(await half.query('SELECT count(*)::int AS tenants FROM iasql_platform.tenant')).toEqual([
      { tenants: 0 },
    ])
    await dropCellDatabase(lab.platform, 'half')
  })

  test('a start brings the platform of a cell to this version before anything works there', async () => {
    const { platform } = acme.ports
    await platform.run("DELETE FROM iasql_platform.schema_version WHERE name = 'drift-schedule'")
    await platform.run('DROP TABLE iasql_platform.drift_schedule, iasql_platform.drift_place')

    await migrateCells(lab.ports)

    expect(await platform.query('SELECT place_id FROM iasql_platform.drift_place')).toEqual([])
    expect(lab.logged).toEqual([])
  })

  test('a cell that is away keeps nobody else', async () => {
    const { tenant } = await lab.apart('lost')
    await dropCellDatabase(lab.platform, tenant.id)
    await addStatements(lab.platform, lab.home.id, 1)

    await sweep()

    expect(lab.logged).toContain('error The database of a tenant could not be looked after.')
    const lines = await lab.call('iasql_db_list', [])
    expect(lines.find(({ alias }) => alias === 'home')?.size_mb).toBeGreaterThan(0)
    await lab.call('iasql_disconnect', ['lost'])
  })
})

describe('deleted', () => {
  const traces = ({ id, ownerRole }: Tenant, ports: Ports) =>
    Promise.all([
      isDatabase(ports.platform, id),
      ports.platform.query('SELECT 1 AS one FROM pg_roles WHERE rolname = :ownerRole', { ownerRole }),
      ports.platform.query('SELECT 1 AS one FROM iasql_platform.tenant WHERE tenant_id = :id', { id }),
    ])

  test('its database goes with its roles and secrets, whoever is connected to it', async () => {
    const { tenant } = await lab.apart('short')
    await lab.as(tenant, 'writer').query('SELECT 1')

    expect(await lab.call('iasql_disconnect', ['short'])).toMatchObject([{ state: 'deleted' }])

    expect(await traces(tenant, lab.ports)).toEqual([false, [], []])
    await expect(lab.ports.secrets.get(tenant.writer.secret)).rejects.toThrow()
  })

  test('what a crash left after the database was gone, the sweep finishes', async () => {
    const { tenant } = await lab.apart('interrupted')
    await setDeleting(lab.platform, tenant)
    await dropCellDatabase(lab.platform, tenant.id)

    await finishDeletions(lab.ports)

    expect(await traces(tenant, lab.ports)).toEqual([false, [], []])
    await expect(atTenant(lab.ports, tenant.id)).rejects.toThrow('there is no such tenant')
  })
})
