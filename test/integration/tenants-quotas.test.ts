/** What a tenant may use: refused with the name of the quota and what to do, and never what makes room. */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { acceptRun } from '#operations/run/accept-run.ts'
import { measureTenants } from '#operations/tenant/measure-tenants.ts'
import { DataApiError } from '#postgres/data-api.ts'
import { sqlstateOf } from '#postgres/database-error.ts'
import { repairingDataApi } from '#postgres/repairing-data-api.ts'
import { restoreTenant } from '#postgres/restore-tenant.ts'
import { type Quota, setQuota } from '#postgres/statements/tenant-quota.ts'
import { openRunLab, type RunLab } from '../support/run-lab.ts'
import { offerScriptedRpcs } from '../support/scripted-rpcs.ts'

let lab: RunLab

beforeAll(async () => {
  lab = await openRunLab()
  await offerScriptedRpcs(lab)
})
afterAll(() => lab?.close())
beforeEach(async () => {
  lab.isPaused = false
  await lab.ports.platform.run('DELETE FROM iasql_platform.tenant_usage')
  for (const [quota, value] of [
    ['size_mb', 10_240],
    ['statements', 100_000],
    ['runs', 500],
    ['connections', 20],
  ] as const)
    await set(quota, value)
})

const set = (quota: Quota, value: number) => setQuota(lab.ports.platform, lab.tenant, { quota, value })
const outcome = async (sql: string) => {
  const { statements, state } = await lab.run(sql, { stopOnError: false })
  return statements.map(({ error, tag }) => error?.code ?? tag ?? state)
}
const accept = async (runId = randomUUID()): Promise<string> => {
  const session = await lab.session()
  return acceptRun(lab.ports, session, { runId, sql: 'SELECT 1' }).then(
    () => 'accepted',
    (error: { code: string }) => error.code,
  )
}

describe('size', () => {
  test('refuses what takes more room and lets through what makes some, which counts at once', async () => {
    await lab.run(
      'CREATE TABLE big AS SELECT repeat(md5(n::text), 20) AS text FROM generate_series(1, 20000) n',
    )
    await lab.run(
      "CREATE FUNCTION writing() RETURNS void LANGUAGE sql AS 'INSERT INTO big SELECT md5(n::text) FROM generate_series(1, 9) n'",
    )
    await set('size_mb', 8)
    await measureTenants(lab.ports)

    const full = await outcome(
      `INSERT INTO big VALUES ('x'); UPDATE big SET text = ''; CREATE TABLE more (n int); SELECT 1 INTO more;
       WITH w AS (INSERT INTO big VALUES ('x') RETURNING 1) SELECT * FROM w; DO $$ BEGIN END $$; SELECT 1;
       DELETE FROM big WHERE false`,
    )
    const called = await outcome('SELECT writing(); SELECT count(*) FROM big; SELECT * FROM engine_work()')
    const [refused] = (await lab.run("INSERT INTO big VALUES ('x')")).statements
    const freed = await outcome('DROP TABLE big; CREATE TABLE small (n int); INSERT INTO small VALUES (1)')

    expect(called).toEqual(['quota/size', 'SELECT 1', 'SELECT 2'])
    expect(full).toEqual([...Array.from({ length: 6 }, () => 'quota/size'), 'SELECT 1', 'DELETE 0'])
    expect(refused?.error).toMatchObject({
      sqlstate: '53100',
      message: expect.stringMatching(/^The tables of local take [\d,]+ MB; its quota size_mb is 8\.$/),
      hint: expect.stringContaining('DROP TABLE'),
    })
    expect(freed).toEqual(['DROP TABLE', 'CREATE TABLE', 'INSERT 0 1'])
  })

  test('is measured only of tenants that have run something since', async () => {
    await outcome('SELECT 1')
    const measured = async () =>
      (
        await lab.ports.platform.query<{ at: string | null }>(
          'SELECT measured_at AS at FROM iasql_platform.tenant_usage',
        )
      )[0]?.at
    await measureTenants(lab.ports)
    await lab.ports.platform.run(
      `UPDATE iasql_platform.tenant_usage SET window_start = now() - interval '1 hour', measured_at = now() - interval '1 minute'`,
    )
    const first = await measured()

    await measureTenants(lab.ports)
    const idle = await measured()
    await outcome('SELECT 1')
    await measureTenants(lab.ports)

    expect(idle).toBe(first)
    expect(await measured()).not.toBe(first)
  })
})

describe('statements a minute', () => {
  test('are counted, and what is sent over them is refused until the minute is over', async () => {
    await set('statements', 3)

    const answers = [await outcome('SELECT 1; SELECT 2; SELECT 3'), await accept()]
    await lab.ports.platform.run(
      "UPDATE iasql_platform.tenant_usage SET window_start = window_start - interval '1 minute'",
    )

    expect(answers).toEqual([['SELECT 1', 'SELECT 1', 'SELECT 1'], 'quota/statements'])
    expect(await outcome('SELECT 4')).toEqual(['SELECT 1'])
  })

  test('leave a run alone that is sent again', async () => {
    const session = await lab.session()
    const message = { runId: randomUUID(), sql: 'SELECT 1' }
    await acceptRun(lab.ports, session, message)
    await lab.finished(message.runId)
    await set('statements', 1)

    await expect(acceptRun(lab.ports, session, message)).resolves.toBeUndefined()
  })
})

test('more runs than may be open at once are refused, and one that is open may be sent again', async () => {
  lab.isPaused = true
  await set('runs', 2)
  const [first, second] = [randomUUID(), randomUUID()]

  const answers = [await accept(first), await accept(second), await accept(), await accept(first)]
  lab.isPaused = false
  await lab.ports.platform.run(
    `UPDATE ${lab.tenant.schema}.iasql_run SET ended_at = now(), state = 'cancelled'`,
  )

  expect(answers).toEqual(['accepted', 'accepted', 'quota/runs', 'accepted'])
  expect(await accept()).toBe('accepted')
})

describe('connections', () => {
  const limits = async () => {
    const roles = { reader: lab.tenant.readerRole, writer: lab.tenant.writerRole }
    const sql =
      'SELECT rolconnlimit::int AS most FROM pg_catalog.pg_roles WHERE rolname IN (:reader, :writer)'
    return (await lab.ports.platform.query<{ most: number }>(sql, roles)).map(({ most }) => most)
  }

  /** Those that are open stay, whatever the quota. */
  const endConnections = () =>
    lab.ports.platform.query(
      `SELECT pg_catalog.pg_terminate_backend(a.pid) AS ended FROM pg_catalog.pg_stat_activity a WHERE a.usename = :writer`,
      { writer: lab.tenant.writerRole },
    )

  test('are those of each login from now on, and again when a login has been restored', async () => {
    await set('connections', 7)
    const atOnce = await limits()
    await lab.ports.platform.run(`ALTER ROLE ${lab.tenant.writerRole} CONNECTION LIMIT 50`)

    const madeBy = async () => []
    const isRestored = await restoreTenant(lab.ports.platform, lab.db.secrets, lab.tenant, { madeBy })

    expect([atOnce, isRestored, await limits()]).toEqual([[7, 7], true, [7, 7]])
  })

  test('that are all in use are waited for, and a statement that gets none says which quota it is', async () => {
    await set('connections', 1)
    await expect.poll(endConnections).toEqual([])
    const { dataApi } = lab.db
    const held = await dataApi.begin(lab.tenant.writer)
    const waited = outcome('SELECT 1')
    await lab.ports.clock.sleep(1_000)
    await dataApi.rollback(lab.tenant.writer, held)
    const answers = await waited
    const again = await dataApi.begin(lab.tenant.writer)
    const [refused] = (await lab.run('SELECT 1')).statements
    await dataApi.rollback(lab.tenant.writer, again)

    expect(answers).toEqual(['SELECT 1'])
    expect(refused?.error).toEqual({
      code: 'quota/connections',
      sqlstate: '53300',
      message: 'All connections that writers of local may have are in use; that is its quota connections.',
      hint: expect.stringContaining('iasql_tenant_quota'),
    })
  })

  test('that a login may not have more of are no reason to repair it', async () => {
    const text = 'FATAL: too many connections for role "t_0_writer"; SQLState: 53300'
    const full = async () => {
      throw new DataApiError('database-error', text)
    }
    const repaired: string[] = []
    const repairing = repairingDataApi(
      { execute: full, begin: full, commit: full, rollback: full },
      async (_login, refused) => void repaired.push(refused),
    )

    const failure = await repairing.begin(lab.tenant.writer).catch(sqlstateOf)

    expect([failure, repaired]).toEqual(['53300', []])
  })
})
