/** What the conformance runner does with SQL: every step goes the way a user's statement goes. */
import { expect } from 'vitest'
import type { JsonObject } from '#engine/model/json.ts'
import { findTable } from '#modules/registry.ts'
import type { StatementResult } from '../support/bare-client.ts'
import type { LiveHost } from '../support/live-host.ts'

export type Objects = readonly Readonly<Record<string, string | null>>[]

const asObjects = (result: StatementResult | undefined): Objects =>
  (result?.rows ?? []).map((row) =>
    Object.fromEntries((result?.columns ?? []).map((name, index) => [name, row[index] ?? null])),
  )

/** Runs statements, expects each to succeed, and gives the rows of the last one. */
export const sql = async (host: LiveHost, text: string): Promise<Objects> => {
  const result = await host.client.run(text)
  const errors = result.statements.flatMap((statement) => (statement.error ? [statement.error] : []))
  expect(errors, text).toEqual([])
  return asObjects(result.statements.at(-1))
}

export const apply = (host: LiveHost): Promise<Objects> => sql(host, 'SELECT * FROM iasql_apply()')
export const sync = (host: LiveHost): Promise<Objects> => sql(host, 'SELECT * FROM iasql_sync(true)')
export const preview = (host: LiveHost): Promise<Objects> =>
  sql(host, 'SELECT action, table_name FROM iasql_preview()')

export const writes = (operation: string): boolean =>
  !/^(Describe|List|Get|BatchGet|Head|Lookup|Search)/.test(operation)

/** As many calls write as the preview says: what the columns say of their own calls is true. */
export const applyAsPredicted = async (host: LiveHost): Promise<Objects> => {
  const [predicted] = await sql(host, 'SELECT coalesce(sum(calls), 0) AS calls FROM iasql_preview()')
  const before = host.calls.length
  const applied = await apply(host)
  const written = host.calls.slice(before).flatMap(({ operation }) => (writes(operation) ? [operation] : []))
  expect(written, 'the calls that write').toHaveLength(Number(predicted?.calls))
  return applied
}

/** Every row of the tables, by table and id. */
const snapshot = async (host: LiveHost, tables: readonly string[]): Promise<Map<string, JsonObject>> => {
  const selects = tables.map(
    (table) => `SELECT '${table} ' || id AS row, to_jsonb(t)::text AS body FROM ${table} t`,
  )
  const rows = await sql(host, selects.join(' UNION ALL '))
  return new Map(rows.map(({ row, body }) => [row ?? '', JSON.parse(body ?? '{}') as JsonObject]))
}

/** `topic 3: display_name was "Old news" and is "News"` for every value that is another one. */
const differencesOf = (before: Map<string, JsonObject>, after: Map<string, JsonObject>): readonly string[] =>
  [...new Set([...before.keys(), ...after.keys()])].flatMap((row) => {
    const [was, is] = [before.get(row), after.get(row)]
    if (!was || !is) return [`${row} ${was ? 'went' : 'came'}`]
    return Object.keys(is)
      .map((name) => ({ name, from: JSON.stringify(was[name]), to: JSON.stringify(is[name]) }))
      .filter(({ from, to }) => from !== to)
      .map(({ name, from, to }) => `${row}: ${name} was ${from} and is ${to}`)
  })

/** Nothing but figures that follow what others do: how many addresses of a subnet are free. */
const isLive = ({ action, table_name, description }: Objects[number]): boolean => {
  const columns = Object.entries(findTable(table_name ?? '')?.columns ?? {})
  const live = columns.flatMap(([name, column]) => (column.live ? [name] : []))
  const one = `(${live.join('|')}) \\S+ → \\S+`
  const isAll = new RegExp(`^${table_name}( .*)?: ${one}(, ${one})*$`)
  return action === 'update' && live.length > 0 && isAll.test(description ?? '')
}

/** `tables` are those whose values are shown when a sync finds a difference; `mayFollow` says what it may find. */
export const expectConverged = async (
  host: LiveHost,
  tables: readonly string[],
  mayFollow: (change: Objects[number]) => boolean = () => false,
): Promise<Objects> => {
  expect(await preview(host), 'the plan after an apply').toEqual([])
  const before = await snapshot(host, tables)
  const changed = await sync(host)
  const differences = changed.length > 0 ? differencesOf(before, await snapshot(host, tables)) : []
  const unexpected = changed.filter((change) => !mayFollow(change) && !isLive(change))
  expect(unexpected, ['a sync after an apply changed', ...differences].join('\n  ')).toEqual([])
  if (changed.length > 0) expect(await sync(host), 'what a second sync changes').toEqual([])
  expect(await preview(host), 'the plan after a sync').toEqual([])
  return changed.filter((change) => !isLive(change))
}

export const rowOf = async (host: LiveHost, table: string, id: string): Promise<Objects[number]> => {
  const [row] = await sql(host, `SELECT * FROM ${table} WHERE id = ${id}`)
  if (!row) throw new Error(`no row ${id} in ${table}`)
  return row
}

/** The row as JSON, for values with their types. */
export const jsonOf = async (host: LiveHost, table: string, id: string): Promise<JsonObject> => {
  const [row] = await sql(host, `SELECT to_jsonb(t)::text AS row FROM ${table} t WHERE id = ${id}`)
  return JSON.parse(row?.row ?? '{}')
}
