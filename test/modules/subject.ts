/** What one set of examples is proved with: its table, its module's tables, and the host it happens on. */
import { expect } from 'vitest'
import { canonical } from '#engine/columns/canonical.ts'
import type { Json } from '#engine/model/json.ts'
import type { ExampleRow, Examples } from '#modules/kit/examples.ts'
import type { Module } from '#modules/kit/module.ts'
import type { ResourceType } from '#modules/kit/table.ts'
import { findTable } from '#modules/registry.ts'
import type { LiveHost } from '../support/live-host.ts'
import { type CheckRow, type ClientOf, checkOf } from './check.ts'
import { isNeeded } from './example-sql.ts'
import { expectConverged, jsonOf } from './steps.ts'

export interface Subject {
  readonly host: LiveHost
  readonly client: ClientOf
  readonly module: Module
  readonly examples: Examples
  /** Row ids of the rows it needs. */
  readonly ids: ReadonlyMap<string, string>
}

/** `queue`, or `queue (FIFO)` for one of several sets. */
export const titleOf = ({ table, variant }: Examples): string => (variant ? `${table} (${variant})` : table)

export const tableOf = (examples: Examples): ResourceType => {
  const table = findTable(examples.table)
  if (!table) throw new Error(`the registry has no table ${examples.table}`)
  return table
}

/** By an SDK call of the check's own, so that the mapper does not testify for itself. */
export const existsInCloud = async ({ examples, client }: Subject, row: CheckRow): Promise<boolean> => {
  const { exists } = await checkOf(examples.table)
  return exists(row, client)
}

export const expectSettled = ({ host, module }: Subject): Promise<void> =>
  expectConverged(
    host,
    module.tables.map(({ name }) => name),
  )

/**
 * The row still has what the user asked for, in the form in which the engine compares. Where null lets AWS choose, it
 * may have anything.
 */
export const expectKept = async ({ host, examples, ids }: Subject, id: string, asked: ExampleRow) => {
  const { columns } = tableOf(examples)
  const row = await jsonOf(host, examples.table, id)
  const inOneForm = (read: (name: string) => Json | undefined) =>
    Object.fromEntries(
      Object.keys(asked).flatMap((name) => {
        const column = columns[name]
        if (!column || (asked[name] === null && !column.clearable)) return []
        return [[name, canonical(column, read(name))]]
      }),
    )
  const wanted = inOneForm((name) => {
    const value = asked[name] ?? null
    return isNeeded(value) ? Number(ids.get(value.$needed)) : value
  })
  expect(
    inOneForm((name) => row[name]),
    'what the row has of what it was asked for',
  ).toEqual(wanted)
}
