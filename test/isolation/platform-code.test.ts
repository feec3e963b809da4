/** The platform never runs a tenant's code: not by writing, not by reading, not by a name that somebody took first. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { handler as sweep } from '#functions/recover-runs.ts'
import { purgeExpired } from '#operations/retention/purge-expired.ts'
import { measureTenants } from '#operations/tenant/measure-tenants.ts'
import { type IsolationLab, rowsOf, startIsolationLab } from './lab.ts'

let lab: IsolationLab

beforeAll(async () => {
  lab = await startIsolationLab()
})
afterAll(() => lab?.stop())

/** Who ran it is written to a table; what nobody lets in stays out by the rights of the caller. */
const spying = (body: string): string => `LANGUAGE plpgsql AS $spy$BEGIN
  INSERT INTO spoils SELECT session_user, current_user; ${body} END$spy$`

/** Names that the engine's code uses, taken in the schema that a tenant owns. */
const shadows = [
  'CREATE TABLE spoils (login text, role text)',
  'GRANT ALL ON spoils TO PUBLIC',
  `CREATE FUNCTION now() RETURNS timestamptz ${spying("RETURN 'epoch'::timestamptz;")}`,
  `CREATE FUNCTION lower(text) RETURNS text ${spying('RETURN $1;')}`,
  `CREATE FUNCTION count(anyelement) RETURNS bigint ${spying('RETURN 0;')}`,
  `CREATE FUNCTION to_jsonb(anyelement) RETURNS jsonb ${spying("RETURN '{}'::jsonb;")}`,
  `CREATE FUNCTION jsonb_agg_shadow(text, text) RETURNS boolean ${spying('RETURN true;')}`,
  'CREATE OPERATOR = (FUNCTION = jsonb_agg_shadow, LEFTARG = text, RIGHTARG = text)',
  'CREATE OPERATOR || (FUNCTION = jsonb_agg_shadow, LEFTARG = text, RIGHTARG = text)',
  'CREATE DOMAIN jsonb AS int',
  `CREATE FUNCTION iasql_answer() RETURNS int ${spying('RETURN 1;')}`,
]

/** A table, view and trigger over which whoever touches them runs the tenant's function. */
const traps = [
  'CREATE TABLE trap (id int DEFAULT iasql_answer())',
  `CREATE FUNCTION spring() RETURNS trigger ${spying('RETURN NEW;')}`,
  'CREATE TRIGGER spring BEFORE INSERT OR UPDATE OR DELETE ON trap FOR EACH ROW EXECUTE FUNCTION spring()',
  'CREATE VIEW bait AS SELECT iasql_answer() AS answer',
  'CREATE RULE bait AS ON INSERT TO bait DO INSTEAD INSERT INTO spoils SELECT session_user, current_user',
  'CREATE INDEX trap_index ON trap ((id + 1))',
]

test('a table that a tenant keeps locked keeps nobody from measuring the others', async () => {
  const locker = await lab.connect(lab.scene.self, 'writer')
  const held = `${lab.scene.self.userSchema}.held`
  await locker.query(`CREATE TABLE ${held} (n int)`)
  await locker.query(`BEGIN; LOCK TABLE ${held} IN ACCESS EXCLUSIVE MODE`)
  const { platform } = lab.host.database
  const errors: unknown[] = []
  await platform.run('UPDATE iasql_platform.tenant_usage SET measured_at = NULL, bytes = NULL')
  try {
    await measureTenants({
      platform,
      log: (level, ...entry) => void (level === 'error' && errors.push(entry)),
    })
  } finally {
    await locker.end()
  }

  const unmeasured = await platform.query(
    'SELECT tenant_id FROM iasql_platform.tenant_usage WHERE measured_at IS NULL OR bytes IS NULL',
  )
  expect({ unmeasured, errors }).toEqual({ unmeasured: [], errors: [] })
})

test('a table of the engine that a tenant may lock is not waited for when what is old is deleted', async () => {
  const { mallory, victor, host, scene } = lab
  const { platform } = host.database
  const plans = (schema: string) => platform.query(`SELECT plan_id FROM ${schema}.iasql_plan_record`)
  for (const [client, tenant] of [
    [mallory, scene.self],
    [victor, scene.victim],
  ] as const) {
    await rowsOf(client, 'SELECT * FROM iasql_preview()')
    await platform.run(
      `UPDATE ${tenant.schema}.iasql_plan_record SET made_at = made_at - interval '1000 days'`,
    )
  }
  const locker = await lab.connect(scene.self, 'writer')
  for (const table of ['iasql_plan_choice', 'iasql_drift_policy'])
    await locker.query(`BEGIN; LOCK TABLE ${scene.self.schema}.${table} IN ACCESS EXCLUSIVE MODE`)
  const errors: unknown[] = []
  const log = (level: string, ...entry: unknown[]) => void (level === 'error' && errors.push(entry))
  try {
    await purgeExpired({ ...host.serving.ports, log })
  } finally {
    await locker.end()
  }

  expect({ errors, victims: await plans(scene.victim.schema) }).toEqual({ errors: [], victims: [] })
  await purgeExpired({ ...host.serving.ports, log })
  expect(await plans(scene.self.schema)).toEqual([])
})

test('what the product does for a tenant runs nothing of it as anybody else', async () => {
  const { mallory, scene } = lab
  for (const sql of [...shadows, ...traps]) await rowsOf(mallory, sql)
  for (const sql of [
    'SELECT * FROM iasql_preview()',
    "SELECT * FROM iasql_install('aws_sqs')",
    "INSERT INTO queue (name) VALUES ('lure')",
    'UPDATE queue SET tags = \'{"a": "b"}\'::pg_catalog.jsonb',
    'SELECT * FROM iasql_preview()',
    'SELECT * FROM iasql_apply()',
    'SELECT * FROM iasql_sync()',
    'SELECT * FROM iasql_get_sql_since()',
    'SELECT * FROM iasql_begin()',
    'UPDATE queue SET visibility_timeout = 31',
    'SELECT * FROM iasql_rollback()',
    "SELECT * FROM iasql_uninstall('aws_sqs')",
    'SELECT * FROM iasql_db_list()',
  ])
    await rowsOf(mallory, sql).catch((error: Error) => {
      // The tenant's own calls may meet its own shadows, which harm nobody else.
      expect(error.message).not.toContain('XX000')
    })
  await sweep({}, { functionName: 'recover-runs', awsRequestId: 'test' } as never)
  // Nobody is connected any more after this.
  await lab.host.revive()

  const spoils = await lab.host.database.platform.query(
    `SELECT DISTINCT login, role FROM ${scene.self.userSchema}.spoils
     WHERE login <> '${scene.self.writerRole}' OR role <> '${scene.self.writerRole}'`,
  )
  expect(spoils).toEqual([])
})
