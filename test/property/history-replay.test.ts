/** Whatever was done to tables: the audit log sums up to them, and the statements made of it make them again elsewhere. */
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { toldColumns } from '#engine/history/told-columns.ts'
import type { Row } from '#engine/model/json.ts'
import type { TableSpec } from '#engine/model/table.ts'
import { unqualified } from '#engine/plan/resource.ts'
import { modules } from '#modules/registry.ts'
import { openTenantLab, type TenantLab } from '#test/support/tenant-lab.ts'

let original: TenantLab
let copy: TenantLab

const installed = ['aws_vpc', 'aws_sqs']
const tables: readonly TableSpec[] = modules
  .filter(({ name }) => name === 'aws_account' || installed.includes(name))
  .flatMap((module) => module.tables)
/** Children before parents. */
const cleared = [
  'route_table_association',
  'route',
  'route_table',
  'internet_gateway',
  'subnet',
  'vpc',
  'queue',
]

beforeAll(async () => {
  const labs = await Promise.all([openTenantLab(), openTenantLab()])
  for (const lab of labs) await lab.call('iasql_install', [installed])
  ;[original, copy] = labs
}, 120_000)
afterAll(async () => {
  await Promise.all([original.close(), copy.close()])
})

type Step =
  | { readonly kind: 'statements'; readonly statements: readonly string[] }
  | { readonly kind: 'apply' }
  | { readonly kind: 'sync' }

const tags = fc.constantFrom(
  'NULL',
  `'{"Name": "a"}'`,
  String.raw`'{"Name": "b", "it''s": "100% \\ \"so\""}'`,
  `'{}'`,
)

/** One of the rows that there are; null when there is none. */
const one = (table: string, at: number, where = 'NOT is_default IS TRUE'): string =>
  `(SELECT id FROM ${table} WHERE ${where} ORDER BY id
    OFFSET (SELECT ${at} % greatest(count(*), 1) FROM ${table} WHERE ${where}) LIMIT 1)`
const queue = (at: number): string => one('queue', at, 'true')

type Form = (a: number, b: number, tag: string) => string

/** A zone is named, for the cloud takes any where none is. */
const inserts: readonly Form[] = [
  (a, b, tag) => `INSERT INTO queue (name, delay_seconds, tags) VALUES ('q${a}', ${b}, ${tag})`,
  (a, b) => `INSERT INTO queue (name, redrive_target_id) VALUES ('q${a}', ${queue(b)})`,
  (a, b) => `INSERT INTO queue (name, tags) SELECT 'q${a}',
     jsonb_build_object('of', iasql_ref('queue', id, 'arn') || ' 100%') FROM queue WHERE id = ${queue(b)}`,
  (a, _, tag) => `INSERT INTO vpc (cidr_block, tags) VALUES ('10.${1 + (a % 3)}.0.0/16', ${tag})`,
  (a, b, tag) => `INSERT INTO subnet (vpc_id, availability_zone, cidr_block, tags)
     SELECT id, 'us-east-1a', replace(cidr_block, '.0.0/16', '.${b}.0/24'), ${tag} FROM vpc WHERE id = ${one('vpc', a)}`,
  (a, _, tag) => `INSERT INTO internet_gateway (vpc_id, tags) VALUES (${one('vpc', a)}, ${tag})`,
  (a, b) => `INSERT INTO route_table (vpc_id, tags)
     SELECT id, '{"Name": "rt${b}"}' FROM vpc WHERE id = ${one('vpc', a)}`,
]
const updates: readonly Form[] = [
  (a, b, tag) => `UPDATE queue SET delay_seconds = ${b}, tags = ${tag} WHERE id = ${queue(a)}`,
  (a, b) => `UPDATE queue SET name = 'q${b}' WHERE id = ${queue(a)}`,
  (a, b) => `UPDATE queue SET redrive_target_id = ${queue(b)} WHERE id = ${queue(a)}`,
  (a) => `UPDATE queue SET redrive_target_id = NULL WHERE redrive_target_id = ${queue(a)}`,
  () => 'UPDATE queue SET visibility_timeout = visibility_timeout',
  (a, b, tag) =>
    `UPDATE vpc SET tags = ${tag}, enable_dns_hostnames = ${b % 2 === 0} WHERE id = ${one('vpc', a)}`,
  (a, b) =>
    `UPDATE internet_gateway SET vpc_id = ${one('vpc', b)} WHERE id = ${one('internet_gateway', a, 'true')}`,
  (a, b) =>
    `UPDATE route_table SET tags = '{"Name": "main${b}"}' WHERE id = ${one('route_table', a, 'is_main')}`,
]
const deletes: readonly Form[] = [
  (a) => `DELETE FROM queue WHERE id = ${queue(a)}`,
  (a) => `DELETE FROM vpc WHERE id = ${one('vpc', a)}`,
  ...['subnet', 'internet_gateway', 'route_table'].map(
    (table): Form =>
      (a) =>
        `DELETE FROM ${table} WHERE id = ${one(table, a, 'true')}`,
  ),
]

/** In one transaction a row takes another's name, and what refers to that goes over to it. */
const successions: readonly ((a: number, b: number) => readonly string[])[] = [
  (a) => [
    `UPDATE queue SET name = name || '-old' WHERE id = ${queue(a)}`,
    "INSERT INTO queue (name) SELECT replace(name, '-old', '') FROM queue WHERE name LIKE '%-old'",
    `UPDATE queue SET redrive_target_id = (SELECT max(id) FROM queue)
     WHERE redrive_target_id IN (SELECT id FROM queue WHERE name LIKE '%-old')`,
    "DELETE FROM queue WHERE name LIKE '%-old'",
  ],
  (a, b) => [
    `DELETE FROM queue WHERE id = ${queue(a)}`,
    `INSERT INTO queue (name, delay_seconds) SELECT 'q' || min(n), ${b} FROM generate_series(0, 7) n
     WHERE NOT EXISTS (SELECT FROM queue WHERE name = 'q' || n)`,
    `UPDATE queue SET redrive_target_id = (SELECT max(id) FROM queue)
     WHERE NOT EXISTS (SELECT FROM queue t WHERE t.id = queue.redrive_target_id)`,
  ],
]

const number = fc.integer({ min: 0, max: 7 })
const statement = fc
  .tuple(
    fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom(...inserts) },
      { weight: 3, arbitrary: fc.constantFrom(...updates) },
      { weight: 1, arbitrary: fc.constantFrom(...deletes) },
    ),
    number,
    number,
    tags,
  )
  .map(([form, a, b, tag]) => form(a, b, tag))
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: statement.map((sql): Step => ({ kind: 'statements', statements: [sql] })) },
  {
    weight: 4,
    arbitrary: fc
      .array(statement, { minLength: 2, maxLength: 4, size: 'max' })
      .map((statements): Step => ({ kind: 'statements', statements })),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.constantFrom(...successions), number, number)
      .map(([form, a, b]): Step => ({ kind: 'statements', statements: form(a, b) })),
  },
  { weight: 1, arbitrary: fc.constant<Step>({ kind: 'apply' }) },
  { weight: 1, arbitrary: fc.constant<Step>({ kind: 'sync' }) },
)

/** What is refused leaves no trace, neither in the tables nor in the log. */
async function take(lab: TenantLab, one: Step): Promise<void> {
  const refused = (): undefined => undefined
  if (one.kind === 'statements') {
    await lab.user
      .transaction(async (transaction) => {
        for (const sql of one.statements) await transaction.run(sql)
      })
      .catch(refused)
  } else await lab.call(`iasql_${one.kind}`).catch(refused)
}

async function clear(lab: TenantLab): Promise<void> {
  await lab.user.transaction(async (transaction) => {
    await transaction.run('UPDATE queue SET redrive_target_id = NULL, policy = NULL, tags = NULL')
    for (const table of cleared) await transaction.run(`DELETE FROM ${table}`)
  })
  await lab.call('iasql_apply')
}

const rowsOf = async (lab: TenantLab, table: string): Promise<readonly Row[]> =>
  (await lab.user.query<{ row: Row }>(`SELECT to_jsonb(q.*) AS row FROM ${table} q ORDER BY id`)).map(
    ({ row }) => row,
  )

/** Rows without ids and outputs; what they refer to stands in the place of its id. */
async function picture(lab: TenantLab): Promise<Readonly<Record<string, readonly string[]>>> {
  const rows = new Map<string, readonly Row[]>()
  for (const { name } of tables) rows.set(name, await rowsOf(lab, name))
  const shown = (table: TableSpec, row: Row, depth = 0): unknown =>
    depth > 3
      ? '…'
      : Object.fromEntries(
          toldColumns(table).map((column) => {
            const value = row[column] ?? null
            const reference = table.columns[column]?.reference
            const target = tables.find(({ name }) => reference && name === unqualified(reference.table))
            const found = target && rows.get(target.name)?.find(({ id }) => id === value)
            if (target && found) return [column, shown(target, found, depth + 1)]
            const named = JSON.stringify(value).replace(/\$\{queue\((\d+)\)/g, (_, id: string) => {
              const of = rows.get('queue')?.find((queue) => queue.id === Number(id))
              return `\${queue(${String(of?.name)})`
            })
            return [column, named]
          }),
        )
  return Object.fromEntries(
    tables.map((table) => [
      table.name,
      (rows.get(table.name) ?? []).map((row) => JSON.stringify(shown(table, row))).sort(),
    ]),
  )
}

/** Rows as the log adds up to them. */
async function summedUp(lab: TenantLab, table: string): Promise<readonly Row[]> {
  const changes = await lab.user.query<{ row_id: number; after: Row | null }>(
    `SELECT row_id, change->'change' AS after FROM iasql_audit_log
     WHERE table_name = '${table}' ORDER BY id`,
  )
  const rows = new Map<number, Row>()
  for (const { row_id: id, after } of changes) {
    if (after) rows.set(id, after)
    else rows.delete(id)
  }
  return [...rows.values()].sort((a, b) => Number(a.id) - Number(b.id))
}

async function replay(from: TenantLab, to: TenantLab, since: string): Promise<readonly string[]> {
  const statements = (await from.call('iasql_get_sql_since', [since])).map(({ sql }) => String(sql))
  for (const sql of statements) {
    if (sql === 'SELECT * FROM iasql_apply();') await to.call('iasql_apply').catch(() => undefined)
    else {
      await to.user.run(sql).catch((error: Error) => {
        throw new Error(`${sql}: ${error.message}\nof\n${statements.join('\n')}`)
      })
    }
  }
  return statements
}

const histories = Number(process.env.HISTORIES ?? 8)

test('the statements of any history make the same tables of an empty tenant and an empty cloud', async () => {
  let toldInAll = 0
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 8, maxLength: 16, size: 'max' }), async (steps) => {
      await Promise.all([clear(original), clear(copy)])
      const [now] = await original.user.query<{ now: string }>('SELECT clock_timestamp()::text AS now')
      for (const each of steps) await take(original, each)

      const statements = await replay(original, copy, now?.now ?? '')

      toldInAll += statements.length
      for (const lab of [original, copy]) await lab.call('iasql_apply').catch(() => undefined)
      const [first, second] = await Promise.all([picture(original), picture(copy)])
      expect(second, statements.join('\n')).toEqual(first)
    }),
    // Each further try takes seconds: what failed is shown as it was.
    { numRuns: histories, endOnFailure: true },
  )
  // Of histories in which nearly all is refused nothing is shown.
  expect(toldInAll).toBeGreaterThan(histories * 3)
}, 600_000)

test('the audit log adds up to the tables', async () => {
  for (const lab of [original, copy]) {
    for (const { name } of tables) expect(await summedUp(lab, name)).toEqual(await rowsOf(lab, name))
  }
})
