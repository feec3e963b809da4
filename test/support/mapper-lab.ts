/** Mappers against the emulator without an engine: rows in, outcomes followed to their end, calls counted. */
import { createHash, randomUUID } from 'node:crypto'
import { createCloud } from '#aws/create-cloud.ts'
import { canonical } from '#engine/columns/canonical.ts'
import { canonicalJson } from '#engine/columns/canonical-json.ts'
import type { CloudApi, CloudId, Outcome, Place, SeenRow } from '#engine/model/cloud.ts'
import { isCloudReference } from '#engine/model/cloud.ts'
import type { Json } from '#engine/model/json.ts'
import { type ExampleRow, type Examples, type Needed, withNeededValues } from '#modules/kit/examples.ts'
import type { Mapper } from '#modules/kit/mapper.ts'
import type { ResourceType } from '#modules/kit/table.ts'
import { findTable } from '#modules/registry.ts'
import { startTestMoto } from './moto.ts'

export type Want = Readonly<Record<string, Json | CloudId>>

export interface MapperLab {
  readonly place: Place
  readonly endpoint: string
  api(table: ResourceType): CloudApi
  /** Creates and follows the outcome until it is done. */
  create(table: ResourceType, row: Want, token?: string): Promise<CloudId>
  update(table: ResourceType, id: CloudId, changes: Want): Promise<CloudId>
  /** `asked`: what the row says of how to delete it. */
  remove(table: ResourceType, id: CloudId, asked?: Want): Promise<void>
  /** The one with this id, or undefined. */
  get(table: ResourceType, id: CloudId): Promise<unknown>
  row(table: ResourceType, id: CloudId): Promise<SeenRow>
  list(table: ResourceType): Promise<readonly CloudId[]>
  /** Creates what an example needs; gives its rows with the needed ones' ids filled in. */
  prepare(examples: Examples): Promise<(row: ExampleRow) => Want>
  /** Operations called since the last time this was asked. */
  takeCalls(): readonly string[]
  stop(): Promise<void>
}

export const mapperOf = (table: ResourceType): Mapper => {
  if (!table.mapper) throw new Error(`${table.name} has no mapper`)
  return table.mapper
}

export const tableOf = (name: string): ResourceType => {
  const table = findTable(name)
  if (!table) throw new Error(`no table ${name}`)
  return table
}

const isNeeded = (value: Json | Needed): value is Needed =>
  value !== null && typeof value === 'object' && '$needed' in value

/** A whole wanted row: what is not said is its default or null. */
const wanted = (table: ResourceType, row: Want): Want => ({
  ...Object.fromEntries(
    Object.entries(table.columns)
      .filter(([, column]) => column.nature !== 'local')
      .map(([name, column]) => [name, column.default ?? null]),
  ),
  ...row,
})

/** Texts of content columns as the bytes that a mapper's writes are given; digests stay. */
const opened = (table: ResourceType, row: Want): Want =>
  Object.fromEntries(
    Object.entries(row).map(([name, value]) => {
      const isText = table.columns[name]?.content && typeof value === 'string' && !value.startsWith('sha256:')
      return [name, isText ? (Buffer.from(value) as unknown as Json) : value]
    }),
  )

const resolve = (row: SeenRow): Want =>
  Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name, isCloudReference(value) ? value.id : value]),
  ) as Want

/** The columns that were asked for and differ in what the cloud has, compared as the engine does. */
export function differences(table: ResourceType, want: Want, seen: SeenRow): Record<string, unknown> {
  const is = resolve(seen)
  const names = Object.keys(want).filter((name) => {
    const column = table.columns[name]
    if (column?.nature !== 'argument' || column.secret || column.unread || want[name] === null) return false
    const same = (value: Json | CloudId | undefined) =>
      canonicalJson(canonical(column, column.content ? digestIn(value) : ((value ?? null) as Json)))
    return same(want[name]) !== same(is[name])
  })
  return Object.fromEntries(names.map((name) => [name, { want: want[name], seen: is[name] }]))
}

const digestIn = (value: Json | CloudId | undefined): Json =>
  typeof value !== 'string'
    ? null
    : value.startsWith('sha256:')
      ? value
      : `sha256:${createHash('sha256').update(value).digest('hex')}`

const deltaOf = (table: ResourceType, want: Want, seen: SeenRow) => {
  const is = resolve(seen)
  const names = Object.keys(differences(table, want, seen))
  return Object.fromEntries(names.map((name) => [name, { from: is[name] ?? null, to: want[name] ?? null }]))
}

export async function startMapperLab(): Promise<MapperLab> {
  const moto = await startTestMoto()
  const calls = new Set<string>()
  const cloud = createCloud({
    profile: 'emulator',
    endpoint: moto.endpoint,
    onCall: ({ operation }) => calls.add(operation),
  })
  const place = { accountId: '123456789012', region: 'us-east-1' }
  const api = (table: ResourceType) => cloud.api(mapperOf(table).client, place, AbortSignal.timeout(60_000))
  const get = async (table: ResourceType, id: CloudId) => (await mapperOf(table).get([id], api(table)))[0]

  const follow = async (table: ResourceType, outcome: Outcome, want: Want): Promise<CloudId> => {
    if (outcome.kind === 'done' || outcome.then === 'done') return outcome.id
    const mapper = mapperOf(table)
    const seen = await get(table, outcome.id)
    const delta = deltaOf(table, want, mapper.toRow(seen))
    return follow(
      table,
      await mapper.update(seen, opened(table, want), delta, randomUUID(), api(table)),
      want,
    )
  }
  const create = async (table: ResourceType, row: Want, token: string = randomUUID()): Promise<CloudId> => {
    const want = wanted(table, row)
    return follow(table, await mapperOf(table).create(opened(table, want), token, api(table)), want)
  }
  /** What a test before needed under the same name may still be there. */
  const createOnce = async (table: ResourceType, row: Want): Promise<CloudId> => {
    const mapper = mapperOf(table)
    const found = table.named ? await mapper.findByName?.(wanted(table, row) as never, api(table)) : undefined
    return found === undefined ? create(table, row) : mapper.idOf(found)
  }
  const update = async (table: ResourceType, id: CloudId, changes: Want): Promise<CloudId> => {
    const mapper = mapperOf(table)
    const seen = await get(table, id)
    const is = resolve(mapper.toRow(seen))
    const delta = Object.fromEntries(
      Object.entries(changes).map(([name, to]) => [name, { from: is[name] ?? null, to }]),
    )
    const want = { ...is, ...changes }
    return follow(
      table,
      await mapper.update(seen, opened(table, want), delta, randomUUID(), api(table)),
      want,
    )
  }
  const remove = async (table: ResourceType, id: CloudId, asked: Want = {}): Promise<void> => {
    const mapper = mapperOf(table)
    const seen = await get(table, id)
    const unread = Object.entries(asked).filter(([name]) => table.columns[name]?.unread)
    await mapper.delete(seen, { ...Object.fromEntries(unread), ...resolve(mapper.toRow(seen)) }, api(table))
  }
  return {
    place,
    endpoint: moto.endpoint,
    api,
    create,
    update,
    remove,
    get,
    row: async (table, id) => mapperOf(table).toRow(await get(table, id)),
    async list(table) {
      const mapper = mapperOf(table)
      const ids: CloudId[] = []
      for await (const seen of mapper.list(place, api(table))) ids.push(mapper.idOf(seen))
      return ids
    },
    async prepare({ needs }) {
      const ids: Record<string, CloudId> = {}
      const rows: Record<string, SeenRow> = {}
      const valueIn = ({ name, column }: { readonly name: string; readonly column: string }): string =>
        String(rows[name]?.[column] ?? '')
      const fill = (row: ExampleRow): Want =>
        Object.fromEntries(
          Object.entries(row).map(([name, value]) => [
            name,
            isNeeded(value) ? (ids[value.$needed] ?? null) : withNeededValues(value, valueIn),
          ]),
        ) as Want
      for (const [name, need] of Object.entries(needs)) {
        const table = tableOf(need.table)
        const id = await createOnce(table, fill(need.row))
        ids[name] = id
        rows[name] = mapperOf(table).toRow(await get(table, id))
      }
      return fill
    },
    takeCalls() {
      const taken = [...calls].sort()
      calls.clear()
      return taken
    },
    async stop() {
      cloud.close()
      await moto.stop()
    },
  }
}
