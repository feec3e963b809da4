/** A hostile tenant against itself: through the front door, and by a direct login. Nothing lasts longer than one retry. */
import { Client } from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { databaseOver } from '#postgres/database.ts'
import { findTenant } from '#postgres/statements/tenant-find.ts'
import type { Tenant } from '#postgres/tenant.ts'
import { type LiveHost, startLiveHost } from '../support/live-host.ts'

let host: LiveHost
let tenant: Tenant
let names = 0

beforeAll(async () => {
  host = await startLiveHost()
  tenant = (await findTenant(host.database.platform, { alias: 'local' })) as Tenant
})

afterAll(async () => {
  await host?.stop()
})

beforeEach(() => endSessions())

/** So that the next statement has to log in. */
const endSessions = async (): Promise<void> => {
  const logins = `usename IN ('${tenant.writerRole}', '${tenant.readerRole}')`
  await host.database.platform.query(
    `SELECT pg_terminate_backend(pid, 2000)::text AS ended FROM pg_stat_activity WHERE ${logins}`,
  )
}

const outcome = async (
  sql: string,
): Promise<{ state: string; error?: Record<string, unknown> | undefined }> => {
  const result = await host.client.run(sql)
  return { state: result.state, error: result.statements.find(({ error }) => error)?.error as never }
}

const directly = async (who: 'reader' | 'writer', sql: string): Promise<void> => {
  const { host: address, port } = host.database.cluster
  const credentials = await host.database.secrets.get(tenant[who].secret)
  const client = new Client({ host: address, port, ...credentials, database: tenant[who].database })
  await client.connect()
  try {
    await client.query(sql)
  } finally {
    await client.end()
  }
}

const alter = (change: string) => `DO $$BEGIN EXECUTE 'ALTER ROLE ' || current_user || ' ${change}'; END$$`

const planted = async () =>
  host.database.platform.query<{ settings: string }>(
    `SELECT setdatabase::int AS database, array_to_string(setconfig, ';') AS settings
     FROM pg_db_role_setting WHERE setrole IN ('${tenant.writerRole}'::regrole, '${tenant.readerRole}'::regrole)`,
  )

const ours = () => {
  const settings = `search_path=${tenant.schema}, ${tenant.userSchema};statement_timeout=60s;idle_in_transaction_session_timeout=240s`
  return [
    { database: 0, settings },
    { database: 0, settings },
  ]
}

/** Everything that a tenant does must go, at the latest when it is tried again. */
const expectWhole = async (): Promise<void> => {
  names += 1
  const mine = `walls_${names}`
  const all = `CREATE TABLE ${mine} (n int);
    INSERT INTO ${mine} VALUES (1);
    CREATE FUNCTION f_${mine}() RETURNS int LANGUAGE sql RETURN 1;
    SELECT count(*) FROM iasql_plan;
    SELECT default_aws_region(), iasql_version();
    SELECT count(*) FROM iasql_preview();
    UPDATE aws_regions SET is_enabled = is_enabled WHERE is_default`
  await host.client.run('SELECT 1')
  expect(await outcome(all)).toEqual({ state: 'succeeded', error: undefined })
  const reader = databaseOver(host.serving.ports.dataApi, tenant.reader)
  const read = () =>
    reader.transaction(async (transaction) => [
      // As the runner ends every statement.
      ...(await transaction.query(`SELECT 0 AS n FROM ${tenant.schema}.iasql_transaction_notices()`)),
      ...(await transaction.query(`SELECT n FROM ${tenant.userSchema}.${mine}`)),
      ...(await transaction.query(`SELECT count(*)::int AS n FROM ${tenant.schema}.aws_accounts`)),
    ])
  expect(await read().catch(read)).toEqual([{ n: 0 }, { n: 1 }, { n: 1 }])
  expect(await planted()).toEqual(ours())
}

describe('through the front door', () => {
  test.each([
    ['DROP OWNED BY current_user', 'permission denied to run DROP OWNED'],
    ['REASSIGN OWNED BY current_user TO current_user', 'permission denied to run REASSIGN OWNED'],
    ["ALTER ROLE current_user PASSWORD 'x'", 'permission denied to run ALTER ROLE'],
    [alter('SET statement_timeout = 1'), 'permission denied to alter role'],
    [alter('SET search_path = public'), 'permission denied to alter role'],
    [alter('IN DATABASE postgres SET work_mem = 64'), 'permission denied to alter role'],
    [alter('RESET ALL'), 'permission denied to alter role'],
    [`BEGIN; ${alter('SET work_mem = 64')}; COMMIT`, 'permission denied to alter role'],
  ])('refuses %s', async (sql, message) => {
    expect(await outcome(sql)).toMatchObject({ state: 'failed', error: { sqlstate: '42501', message } })
    await expectWhole()
  })

  test('does not let go of the schema that the tenant works in', async () => {
    for (const sql of [
      `DROP SCHEMA ${tenant.userSchema} CASCADE`,
      `ALTER SCHEMA ${tenant.userSchema} RENAME TO mine`,
      `DO $$BEGIN DROP SCHEMA ${tenant.userSchema} CASCADE; END$$`,
      `REVOKE ALL ON SCHEMA ${tenant.userSchema} FROM current_user`,
    ]) {
      const { error } = await outcome(sql)
      if (!sql.startsWith('REVOKE')) expect(error).toMatchObject({ sqlstate: '42501' })
    }
    await expectWhole()
  })

  test('a changed password is put back at the next login', async () => {
    expect(await outcome(alter("PASSWORD ''x''"))).toMatchObject({ state: 'succeeded' })
    await endSessions()

    expect(await outcome('SELECT 1')).toMatchObject({ state: 'succeeded' })
    await expectWhole()
  })

  test('what a transaction does while it commits is repaired after it', async () => {
    const sql = `CREATE TABLE late (n int);
      CREATE FUNCTION plant() RETURNS trigger LANGUAGE plpgsql AS
        $f$BEGIN EXECUTE 'ALTER ROLE ' || current_user || ' SET statement_timeout = 1'; RETURN NULL; END$f$;
      CREATE CONSTRAINT TRIGGER plant AFTER INSERT ON late DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION plant();
      INSERT INTO late VALUES (1)`
    await outcome(sql)
    expect(await planted()).not.toEqual(ours())

    await expectWhole()
  })
})

describe('by a direct login', () => {
  test.each(['writer', 'reader'] as const)('DROP OWNED of the %s takes what it owns', async (who) => {
    await directly(who, 'DROP OWNED BY current_user CASCADE')
    await endSessions()

    await expectWhole()
  })

  test('rights that an administrator took by mistake come back, all of them', async () => {
    const rights = async () =>
      host.database.platform.query(
        `SELECT (SELECT string_agg(relname || relacl::text, ' ' ORDER BY relname) FROM pg_class WHERE relnamespace = n.oid) AS relations,
           (SELECT string_agg(attname || attacl::text, ' ' ORDER BY attname) FROM pg_attribute a
            JOIN pg_class c ON c.oid = a.attrelid WHERE c.relnamespace = n.oid) AS columns,
           (SELECT string_agg(proname || proacl::text, ' ' ORDER BY proname) FROM pg_proc WHERE pronamespace = n.oid) AS functions
         FROM pg_namespace n WHERE nspname = '${tenant.schema}'`,
      )
    const before = await rights()
    await host.database.platform.run(`DROP OWNED BY ${tenant.readerRole}, ${tenant.writerRole} CASCADE`)
    expect(await rights()).not.toEqual(before)
    await host.revive()

    expect(await rights()).toEqual(before)
    await expectWhole()
  })

  test('what was kept from readers stays so, whatever they give up', async () => {
    const { userSchema, readerRole } = tenant
    await host.client.run('CREATE TABLE kept (n int)')
    await host.client.run(`REVOKE SELECT ON kept FROM ${readerRole}`)
    const reader = databaseOver(host.serving.ports.dataApi, tenant.reader)
    const read = () => reader.query(`SELECT n FROM ${userSchema}.kept`)

    await directly('reader', 'DROP OWNED BY current_user')
    await expect(read()).rejects.toThrow('permission denied for table kept')

    await expect(read()).rejects.toThrow('permission denied for table kept')
    await expectWhole()
  })

  test.each(['writer', 'reader'] as const)('no setting planted on the %s counts', async (who) => {
    const settings = [
      'statement_timeout = 1',
      'transaction_timeout = 1',
      'exit_on_error = on',
      'default_transaction_read_only = on',
      'default_transaction_isolation = serializable',
      'array_nulls = off',
      "timezone = 'Asia/Tokyo'",
      'transform_null_equals = on',
      'search_path = public',
    ]
    const changes = settings.map((setting) => `ALTER ROLE current_user SET ${setting}`)
    await directly(who, changes.join('; '))
    await endSessions()

    await expectWhole()
  })

  test('a planted setting changes no result before it is found', async () => {
    await directly('writer', 'ALTER ROLE current_user SET transform_null_equals = on')
    await endSessions()
    await host.client.run('SELECT 1')

    const { statements } = await host.client.run("SELECT NULL = NULL AS equal, '{NULL}'::text[] AS list")
    expect(JSON.stringify(statements)).toContain('null')
    await expectWhole()
  })

  test('a login that cannot even start is repaired', async () => {
    await directly('writer', "ALTER ROLE current_user SET local_preload_libraries = 'nothing'")
    await endSessions()

    expect(await outcome('SELECT 1')).toMatchObject({ state: 'succeeded' })
    await expectWhole()
  })
})

describe('at the start', () => {
  test('what was planted and dropped meanwhile is put back', async () => {
    await directly('reader', 'ALTER ROLE current_user IN DATABASE postgres SET work_mem = 64')
    await directly('writer', `ALTER ROLE current_user RESET ALL; DROP OWNED BY current_user CASCADE`)
    await host.revive()

    expect(await planted()).toEqual(ours())
    const [usage] = await host.database.platform.query(
      `SELECT has_schema_privilege('${tenant.writerRole}', '${tenant.userSchema}', 'CREATE') AS "create"`,
    )
    expect(usage).toEqual({ create: true })
    await expectWhole()
  })

  test('a schema that belongs to the tenant, from before, goes to its owner', async () => {
    const { platform } = host.database
    await platform.run(`GRANT CREATE ON DATABASE ${tenant.writer.database} TO ${tenant.writerRole}`)
    await platform.run(`ALTER SCHEMA ${tenant.userSchema} OWNER TO ${tenant.writerRole}`)
    await platform.run(`REVOKE CREATE ON DATABASE ${tenant.writer.database} FROM ${tenant.writerRole}`)
    await directly('writer', `DROP SCHEMA ${tenant.userSchema} CASCADE`)
    await host.revive()

    const { error } = await outcome(`DROP SCHEMA ${tenant.userSchema}`)
    expect(error).toMatchObject({ sqlstate: '42501' })
    await expectWhole()
  })
})
