/** Mappers against the emulator without an engine: rows in, outcomes followed to their end, calls counted. */
import { randomUUID } from 'node:crypto'
import { createCloud } from '#aws/create-cloud.ts'
import { canonical } from '#engine/columns/canonical.ts'
import type { CloudApi, CloudId, Outcome, Place, SeenRow } from '#engine/model/cloud.ts'
import { isCloudReference } from '#engine/model/cloud.ts'
import type { Json } from '#engine/model/json.ts'
import type { ExampleRow, Examples, Needed } from '#modules/kit/examples.ts'
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
  remove(table: ResourceType, id: CloudId): Promise<void>
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

const resolve = (row: SeenRow): Want =>
  Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name, isCloudReference(value) ? value.id : value]),
  ) as Want

/** The columns that were asked for and differ in what the cloud has, compared as the engine does. */
export function differences(table: ResourceType, want: Want, seen: SeenRow): Record<string, unknown> {
  const is = resolve(seen)
  const names = Object.keys(want).filter((name) => {
    const column = table.columns[name]
    if (column?.nature !== 'argument' || want[name] === null) return false
    const same = (value: Json | CloudId | undefined) =>
      JSON.stringify(canonical(column, (value ?? null) as Json))
    return same(want[name]) !== same(is[name])
  })
  return Object.fromEntries(names.map((name) => [name, { want: want[name], seen: is[name] }]))
}

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
    return follow(table, await mapper.update(seen, want, delta, 'again', api(table)), want)
  }
  const create = async (table: ResourceType, row: Want, token: string = randomUUID()): Promise<CloudId> => {
    const want = wanted(table, row)
    return follow(table, await mapperOf(table).create(want, token, api(table)), want)
  }
  const update = async (table: ResourceType, id: CloudId, changes: Want): Promise<CloudId> => {
    const mapper = mapperOf(table)
    const seen = await get(table, id)
    const is = resolve(mapper.toRow(seen))
    const delta = Object.fromEntries(
      Object.entries(changes).map(([name, to]) => [name, { from: is[name] ?? null, to }]),
    )
    const want = { ...is, ...changes }
    return follow(table, await mapper.update(seen, want, delta, 'token', api(table)), want)
  }
  const remove = async (table: ResourceType, id: CloudId): Promise<void> => {
    const mapper = mapperOf(table)
    const seen = await get(table, id)
    await mapper.delete(seen, resolve(mapper.toRow(seen)), api(table))
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
      const fill = (row: ExampleRow): Want =>
        Object.fromEntries(
          Object.entries(row).map(([name, value]) => [
            name,
            isNeeded(value) ? (ids[value.$needed] ?? null) : value,
          ]),
        ) as Want
      for (const [name, need] of Object.entries(needs))
        ids[name] = await create(tableOf(need.table), fill(need.row))
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
