/** What the conformance runner does with SQL: every step goes the way a user's statement goes. */
import { expect } from 'vitest'
import type { JsonObject } from '#engine/model/json.ts'
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

export const expectConverged = async (host: LiveHost): Promise<void> => {
  expect(await preview(host), 'the plan after an apply').toEqual([])
  expect(await sync(host), 'what a sync changes after an apply').toEqual([])
  expect(await preview(host), 'the plan after a sync').toEqual([])
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
