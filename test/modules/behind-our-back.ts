/** Changes that somebody makes in the cloud without the engine: by a mapper's calls, with nothing of ours told of it. */
import { randomUUID } from 'node:crypto'
import { isCloudReference, type Place, type SeenRow } from '#engine/model/cloud.ts'
import type { ExampleRow } from '#modules/kit/examples.ts'
import type { Mapper } from '#modules/kit/mapper.ts'
import { findTable } from '#modules/registry.ts'
import { cloudIdOf, type LiveHost } from '../support/live-host.ts'
import { jsonOf } from './steps.ts'

const place: Place = { accountId: '123456789012', region: 'us-east-1' }

const mapperOf = (table: string): Mapper => {
  const mapper = findTable(table)?.mapper
  if (!mapper) throw new Error(`${table} has no mapper`)
  return mapper
}

const lookAt = async (host: LiveHost, table: string, rowId: string) => {
  const mapper = mapperOf(table)
  const api = host.cloud.api(mapper.client, place, new AbortController().signal)
  const [seen] = await mapper.get([await cloudIdOf(host, table, rowId)], api)
  if (seen === undefined) throw new Error(`the cloud has no ${table} of row ${rowId}`)
  return { mapper, api, seen }
}

/** A row as `create` and `update` want it: references as cloud ids. */
const wanted = (row: SeenRow) =>
  Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name, isCloudReference(value) ? value.id : value]),
  )

/** Sets columns of plain values in the cloud. */
export const changeInCloud = async (
  host: LiveHost,
  table: string,
  rowId: string,
  change: ExampleRow,
): Promise<void> => {
  const { mapper, api, seen } = await lookAt(host, table, rowId)
  const before = wanted(mapper.toRow(seen))
  const want = { ...before, ...change } as never
  const delta = Object.fromEntries(
    Object.entries(change).map(([name, to]) => [name, { from: before[name] ?? null, to }]),
  )
  await mapper.update(seen, want, delta as never, randomUUID(), api)
}

export const removeFromCloud = async (host: LiveHost, table: string, rowId: string): Promise<void> => {
  const { mapper, api, seen } = await lookAt(host, table, rowId)
  const columns = Object.entries(findTable(table)?.columns ?? {})
  const unread = columns.flatMap(([name, column]) => (column.unread ? [name] : []))
  const row = await jsonOf(host, table, rowId)
  const asked = Object.fromEntries(unread.map((name) => [name, row[name] ?? null]))
  await mapper.delete(seen, { ...asked, ...wanted(mapper.toRow(seen)) } as never, api)
}

export const countInCloud = async (host: LiveHost, table: string): Promise<number> => {
  const mapper = mapperOf(table)
  const api = host.cloud.api(mapper.client, place, new AbortController().signal)
  return (await Array.fromAsync(mapper.list(place, api))).length
}
