/** Managed tables in a PostgreSQL of their own, with the engine's side tables reduced to what their triggers use. */
import pg from 'pg'
import { createTablesSql } from '#engine/ddl/create-tables.ts'
import { referenceFunctionSql } from '#engine/ddl/reference-function.ts'
import type { TableSpec } from '#engine/model/table.ts'
import { tableLookup } from '#engine/plan/resource.ts'
import { startTestCluster, type TestCluster } from './cluster.ts'
import { column, refersTo, table } from './engine-tables.ts'

export const names = { schema: 't', ownerRole: 't_owner', readerRole: 't_reader', writerRole: 't_writer' }

const kit = [
  table({
    name: 'aws_accounts',
    place: 'tenant',
    access: 'read',
    writable: ['alias'],
    naturalKey: ['account_id'],
    uniqueKey: true,
    columns: {
      account_id: column({ required: true, nature: 'local' }),
      alias: column({ nature: 'local' }),
    },
  }),
  table({
    name: 'aws_regions',
    place: 'tenant',
    access: 'read',
    naturalKey: ['region'],
    uniqueKey: true,
    columns: {
      region: column({ required: true }),
      is_enabled: column({ sqlType: 'boolean', nature: 'local', default: true }),
    },
  }),
]
export const tables: readonly TableSpec[] = [
  table({
    name: 'vpc',
    naturalKey: ['tags'],
    description: "A network's arn:aws:ec2 is no parameter.",
    columns: {
      cidr_block: column({ required: true, clearable: false, replaces: 'after', equality: 'cidr' }),
      is_default: column({ sqlType: 'boolean', nature: 'output' }),
      mtu: column({ sqlType: 'integer', clearable: false, check: '"mtu" BETWEEN 500 AND 9000' }),
      note: column({ nature: 'local' }),
      tags: column({ sqlType: 'jsonb', equality: 'tags' }),
    },
    protects: [{ when: 'is_default', message: 'the default VPC of a region is not deleted' }],
  }),
  table({
    name: 'subnet',
    naturalKey: ['vpc_id', 'cidr_block'],
    uniqueKey: true,
    columns: {
      vpc_id: refersTo('test.vpc', { required: true, replaces: 'after' }),
      cidr_block: column({ required: true, replaces: 'before' }),
      is_public: column({ sqlType: 'boolean', default: false }),
    },
    checks: [{ sql: "cidr_block <> '0.0.0.0/0'", message: 'a subnet is not the whole internet' }],
  }),
  table({
    name: 'route_table',
    naturalKey: ['label'],
    createdWith: [{ parent: 'test.vpc', via: 'vpc_id' }],
    columns: {
      label: column({ replaces: 'after' }),
      vpc_id: refersTo('test.vpc', { required: true, replaces: 'after' }),
    },
  }),
  table({
    name: 'route',
    createdWith: [{ parent: 'test.route_table', via: 'route_table_id' }],
    protects: [{ through: 'route_table_id', when: "label = 'fixed'", message: 'fixed routes stay' }],
    columns: { route_table_id: refersTo('test.route_table', { required: true, replaces: 'after' }) },
  }),
]
export const lookup = tableLookup([...kit, ...tables])

const engineTables = [
  `CREATE TABLE t.iasql_resource (resource_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, table_name text,
    row_id bigint, base jsonb, observed jsonb, companion_of bigint, external boolean NOT NULL DEFAULT false, UNIQUE (table_name, row_id))`,
  `CREATE TABLE t.iasql_edit (edit_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, table_name text NOT NULL,
    row_id bigint NOT NULL, op "char" NOT NULL, xid xid8 NOT NULL, at timestamptz NOT NULL, login text NOT NULL,
    companion boolean NOT NULL)`,
  `CREATE TABLE t.iasql_expression (table_name text, row_id bigint, column_name text, target_table text,
    target_id bigint, target_column text, is_checked boolean NOT NULL DEFAULT false)`,
  `CREATE TABLE t.iasql_audit (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, table_name text, row_id bigint,
    change_type text, original jsonb, change jsonb, message text, by_engine boolean, actor text, execution_id bigint)`,
  `CREATE TABLE t.iasql_notice (xid xid8 NOT NULL, ordinal bigint GENERATED ALWAYS AS IDENTITY, message text NOT NULL,
    hint text)`,
]
const defaults = ['account', 'region'].flatMap((noun) => [
  `CREATE FUNCTION t.default_aws_${noun}() RETURNS text LANGUAGE sql STABLE AS
    $$ SELECT '${noun === 'account' ? '123456789012' : 'us-east-1'}' $$`,
])

const roles = (database: string) => [
  'CREATE ROLE t_owner',
  'GRANT t_owner TO CURRENT_USER',
  'CREATE ROLE t_reader',
  "CREATE ROLE t_writer LOGIN PASSWORD 'secret'",
  'GRANT t_writer TO CURRENT_USER',
  'CREATE SCHEMA t AUTHORIZATION t_owner',
  'CREATE SCHEMA t_user AUTHORIZATION t_writer',
  'GRANT USAGE ON SCHEMA t TO t_reader, t_writer',
  `GRANT CONNECT ON DATABASE ${database} TO t_writer`,
]

export class ManagedSchema {
  readonly platform: pg.Client
  readonly writer: pg.Client
  private readonly cluster: TestCluster

  private constructor(cluster: TestCluster) {
    const { host, port, database } = cluster
    this.cluster = cluster
    this.platform = new pg.Client({ connectionString: cluster.connectionString })
    this.writer = new pg.Client({ host, port, database, user: 't_writer', password: 'secret' })
  }

  static async open(): Promise<ManagedSchema> {
    const cluster = await startTestCluster()
    const schema = new ManagedSchema(cluster)
    await schema.platform.connect()
    for (const statement of roles(cluster.database)) await schema.platform.query(statement)
    await schema.asOwner([...engineTables, ...createTablesSql(names, kit, lookup), ...defaults])
    await schema.asOwner([
      "INSERT INTO t.aws_accounts (account_id) VALUES ('123456789012')",
      "INSERT INTO t.aws_regions (region) VALUES ('us-east-1'), ('eu-west-1')",
      ...createTablesSql(names, tables, lookup),
      ...referenceFunctionSql(names),
    ])
    await schema.writer.connect()
    await schema.writer.query('SET search_path = t')
    return schema
  }

  async asOwner(statements: readonly string[]): Promise<void> {
    await this.platform.query('BEGIN')
    try {
      await this.platform.query('SET LOCAL ROLE t_owner')
      for (const statement of statements) await this.platform.query(statement)
      await this.platform.query('COMMIT')
    } catch (error) {
      await this.platform.query('ROLLBACK')
      throw error
    }
  }

  async clear(): Promise<void> {
    const all = [
      ...tables.map(({ name }) => name),
      'iasql_resource',
      'iasql_edit',
      'iasql_expression',
      'iasql_audit',
      'iasql_notice',
    ]
    await this.asOwner([`TRUNCATE ${all.map((name) => `t.${name}`).join(', ')} RESTART IDENTITY CASCADE`])
  }

  async close(): Promise<void> {
    await this.writer.end()
    await this.platform.end()
    await this.cluster.stop()
  }

  async rows(sql: string, client: pg.Client = this.writer): Promise<readonly unknown[]> {
    return (await client.query(sql)).rows
  }

  /** One text per journal entry: table, row, operation, and `companion` where one went with its parent. */
  async journal(): Promise<readonly string[]> {
    const entry = "concat_ws(' ', table_name, row_id, op, CASE WHEN companion THEN 'companion' END)"
    const edits = await this.platform.query<{ entry: string }>(
      `SELECT ${entry} AS entry FROM t.iasql_edit ORDER BY edit_id`,
    )
    return edits.rows.map((row) => row.entry)
  }

  async messages(): Promise<readonly string[]> {
    const notices = await this.platform.query<{ message: string }>(
      'SELECT message FROM t.iasql_notice ORDER BY ordinal',
    )
    return notices.rows.map(({ message }) => message)
  }

  /** Records a row as applied, perhaps as a companion of an earlier record. */
  resource(name: string, rowId: number, parent: number | null = null): Promise<void> {
    return this.asOwner([
      `INSERT INTO t.iasql_resource (table_name, row_id, companion_of) VALUES ('${name}', ${rowId}, ${parent})`,
    ])
  }

  async insertVpc(name: string): Promise<void> {
    await this.writer.query('INSERT INTO vpc (cidr_block, tags) VALUES ($1, $2)', [
      '10.0.0.0/16',
      { Name: name },
    ])
  }
}
