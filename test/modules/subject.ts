/** What one set of examples is proved with: its table, its module's tables, and the host it happens on. */
import { createHash } from 'node:crypto'
import { expect } from 'vitest'
import { canonical } from '#engine/columns/canonical.ts'
import type { Json } from '#engine/model/json.ts'
import type { ExampleRow, Examples } from '#modules/kit/examples.ts'
import type { Module } from '#modules/kit/module.ts'
import type { ResourceType } from '#modules/kit/table.ts'
import { findTable } from '#modules/registry.ts'
import type { LiveHost } from '../support/live-host.ts'
import { type CheckRow, type ClientOf, checkOf } from './check.ts'
import { isNeeded, written } from './example-sql.ts'
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

/** The bytes that the cloud has of a row's content. */
export const contentInCloud = async ({ examples, client }: Subject, row: CheckRow): Promise<Uint8Array> => {
  const { contentOf } = await checkOf(examples.table)
  if (!contentOf) throw new Error(`${examples.table} has content: its check needs a contentOf`)
  return contentOf(row, client)
}

const namesOf = (tables: readonly ResourceType[]): readonly string[] => tables.map(({ name }) => name)

/** Nothing is left to do on either side. */
export const expectSettled = async ({ host, module }: Subject): Promise<void> => {
  await expectConverged(host, namesOf(module.tables))
}

/**
 * The same, but that AWS may have made or taken companions of a neighbour along with an update (an IPv6 network of a
 * VPC has its route), which the next sync shows: gives the names of their tables.
 */
export const expectSettledButCompanions = async ({ host, module }: Subject): Promise<readonly string[]> => {
  const companions = namesOf(module.tables.filter(({ createdWith }) => createdWith.length > 0))
  const followed = await expectConverged(
    host,
    namesOf(module.tables),
    ({ action, table_name }) => action !== 'update' && companions.includes(table_name ?? ''),
  )
  return [...new Set(followed.map(({ table_name }) => table_name ?? ''))]
}

/** A content column shows the digest of what was asked for. */
const digestIn = (value: Json): Json =>
  typeof value !== 'string' || value.startsWith('sha256:')
    ? value
    : `sha256:${createHash('sha256').update(value).digest('hex')}`

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
        const value = canonical(column, read(name))
        return [[name, column.secret ? value !== null : column.content ? digestIn(value) : value]]
      }),
    )
  const wanted = inOneForm((name) => {
    const value = asked[name] ?? null
    return isNeeded(value) ? Number(ids.get(value.$needed)) : written(value, ids)
  })
  expect(
    inOneForm((name) => row[name]),
    'what the row has of what it was asked for',
  ).toEqual(wanted)
}
