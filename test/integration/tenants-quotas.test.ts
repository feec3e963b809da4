/** What a tenant may use: refused with the name of the quota and what to do, and never what makes room. */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { acceptRun } from '#operations/run/accept-run.ts'
import { measureTenants } from '#operations/tenant/measure-tenants.ts'
import { type Quota, setQuota } from '#postgres/statements/tenant-change.ts'
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
