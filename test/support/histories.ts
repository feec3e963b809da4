/** Two tenants with clouds of their own: one lives through a history, the other is told of it. */
import fc from 'fast-check'
import { expect } from 'vitest'
import { toldColumns } from '#engine/history/told-columns.ts'
import type { Row } from '#engine/model/json.ts'
import type { TableSpec } from '#engine/model/table.ts'
import { unqualified } from '#engine/plan/resource.ts'
import { modules } from '#modules/registry.ts'
import { openTenantLab, type TenantLab } from './tenant-lab.ts'

export type Step =
  | { readonly kind: 'statements'; readonly statements: readonly string[] }
  | { readonly kind: 'apply' }
  | { readonly kind: 'sync' }
  /** Somebody takes something away in the cloud, and a sync follows. */
  | { readonly kind: 'lose'; readonly lose: (lab: TenantLab) => Promise<void> }

/** A statement made of two small numbers and the literal of some tags. */
export type Form = (a: number, b: number, tag: string) => string

export interface Histories {
  readonly original: TenantLab
  readonly copy: TenantLab
  readonly tables: readonly TableSpec[]
  close(): Promise<void>
}

export async function openHistories(installed: readonly string[]): Promise<Histories> {
  const [original, copy] = await Promise.all([openTenantLab(), openTenantLab()])
  for (const lab of [original, copy]) await lab.call('iasql_install', [installed])
  const tables = modules
    .filter(({ name }) => name === 'aws_account' || installed.includes(name))
    .flatMap((module) => module.tables)
  const close = async () => {
    await Promise.all([original.close(), copy.close()])
  }
  return { original, copy, tables, close }
}

export const tags = fc.constantFrom(
  'NULL',
  `'{"Name": "a"}'`,
  String.raw`'{"Name": "b", "it''s": "100% \\ \"so\""}'`,
  `'{}'`,
)

export const number = fc.integer({ min: 0, max: 7 })

/** One of the rows that there are; null when there is none. */
export const one = (table: string, at: number, where = 'true'): string =>
  `(SELECT id FROM ${table} WHERE ${where} ORDER BY id
    OFFSET (SELECT ${at} % greatest(count(*), 1) FROM ${table} WHERE ${where}) LIMIT 1)`

export interface Forms {
  readonly inserts: readonly Form[]
  readonly updates: readonly Form[]
  readonly deletes: readonly Form[]
}

export const statementOf = ({ inserts, updates, deletes }: Forms): fc.Arbitrary<string> =>
  fc
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

/** Alone, a few in one transaction, an apply or a sync. */
export const stepOf = (statement: fc.Arbitrary<string>): fc.Arbitrary<Step> =>
  fc.oneof(
    { weight: 8, arbitrary: statement.map((sql): Step => ({ kind: 'statements', statements: [sql] })) },
    {
      weight: 4,
      arbitrary: fc
        .array(statement, { minLength: 2, maxLength: 4, size: 'max' })
        .map((statements): Step => ({ kind: 'statements', statements })),
    },
    { weight: 1, arbitrary: fc.constant<Step>({ kind: 'apply' }) },
    { weight: 1, arbitrary: fc.constant<Step>({ kind: 'sync' }) },
  )

/** What is refused leaves no trace, neither in the tables nor in the log. */
export async function take(lab: TenantLab, step: Step): Promise<void> {
  const refused = (): undefined => undefined
  if (step.kind === 'statements') {
    await lab.user
      .transaction(async (transaction) => {
        for (const sql of step.statements) await transaction.run(sql)
      })
      .catch(refused)
  } else if (step.kind === 'lose') {
    await step.lose(lab).catch(refused)
    await lab.call('iasql_sync', [true]).catch(refused)
  } else await lab.call(`iasql_${step.kind}`).catch(refused)
}

const rowsOf = async (lab: TenantLab, table: string): Promise<readonly Row[]> =>
  (await lab.user.query<{ row: Row }>(`SELECT to_jsonb(q.*) AS row FROM ${table} q ORDER BY id`)).map(
    ({ row }) => row,
  )

/** Rows without ids and outputs; what they refer to, by column or within a value, stands in the place of its id. */
async function picture(
  lab: TenantLab,
  tables: readonly TableSpec[],
): Promise<Readonly<Record<string, readonly string[]>>> {
  const rows = new Map<string, readonly Row[]>()
  for (const { name } of tables) rows.set(name, await rowsOf(lab, name))
  const rowOf = (name: string, id: unknown, depth: number): unknown => {
    const table = tables.find((other) => other.name === name)
    const row = rows.get(name)?.find((other) => other.id === id)
    return table && row ? shown(table, row, depth) : undefined
  }
  const shown = (table: TableSpec, row: Row, depth = 0): unknown =>
    depth > 3
      ? '…'
      : Object.fromEntries(
          toldColumns(table).map((column) => {
            const value = row[column] ?? null
            const reference = table.columns[column]?.reference
            const target = reference && rowOf(unqualified(reference.table), value, depth + 1)
            if (target !== undefined) return [column, target]
            const named = JSON.stringify(value).replace(
              /\$\{(\w+)\((\d+)\)/g,
              (whole, name: string, id: string) =>
                `\${${name}(${JSON.stringify(rowOf(name, Number(id), depth + 1) ?? whole)})`,
            )
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

export interface Lived {
  readonly steps: fc.Arbitrary<Step>
  readonly clear: (lab: TenantLab) => Promise<void>
  readonly numRuns: number
  /** What each history begins with, in one transaction: without parents there are no children. */
  readonly opening?: readonly string[]
}

/** Lives through histories, tells them to the copy, and compares the tables. How many statements were told. */
export async function expectSameTables(
  { original, copy, tables }: Histories,
  { steps, clear, numRuns, opening = [] }: Lived,
): Promise<number> {
  let told = 0
  await fc.assert(
    fc.asyncProperty(fc.array(steps, { minLength: 8, maxLength: 16, size: 'max' }), async (history) => {
      await Promise.all([clear(original), clear(copy)])
      const [now] = await original.user.query<{ now: string }>('SELECT clock_timestamp()::text AS now')
      for (const step of [{ kind: 'statements', statements: opening } as const, ...history])
        await take(original, step)

      const statements = await replay(original, copy, now?.now ?? '')

      told += statements.length
      for (const lab of [original, copy]) await lab.call('iasql_apply').catch(() => undefined)
      const [first, second] = await Promise.all([picture(original, tables), picture(copy, tables)])
      expect(second, statements.join('\n')).toEqual(first)
    }),
    // Each further try takes seconds: what failed is shown as it was.
    { numRuns, endOnFailure: true },
  )
  return told
}

export async function expectSummedUp({ original, copy, tables }: Histories): Promise<void> {
  for (const lab of [original, copy]) {
    for (const { name } of tables) expect(await summedUp(lab, name)).toEqual(await rowsOf(lab, name))
  }
}
