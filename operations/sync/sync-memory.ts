/** What a sync remembers from one invocation to the next, and the error it ends with when it could not do everything. */
import { IasqlError } from '#engine/model/error.ts'
import type { Json, JsonObject } from '#engine/model/json.ts'
import type { TableSpec } from '#engine/model/table.ts'
import { type RowPlace, unqualified } from '#engine/plan/resource.ts'

/** What is remembered between invocations. */
export interface SyncMemory {
  /** Kinds that are read, or, counted on, freed of what nothing refers to any more. */
  readonly at: number
  readonly failures: readonly Failure[]
  readonly asks: readonly string[]
  /** Of kinds that can be made, how many the lists showed. */
  readonly listed: number
  /** By table, the rows that turned out to be otherwise in the cloud. */
  readonly drifted: Readonly<Record<string, Drifted>>
}

export interface Drifted {
  /** Rows that stay as they are, where that is news. */
  readonly kept: number
  /** Rows that follow the cloud now. */
  readonly taken: number
}

export interface Failure {
  readonly table: string
  readonly where: string
  readonly accountId: string | null
  readonly region: string | null
  readonly message: string
  readonly code: string
}

export const memoryOf = (stored: JsonObject): SyncMemory => ({
  at: Number(stored.at ?? 0),
  failures: (stored.failures ?? []) as unknown as readonly Failure[],
  asks: (stored.asks ?? []) as unknown as readonly string[],
  listed: Number(stored.listed ?? 0),
  drifted: (stored.drifted ?? {}) as unknown as SyncMemory['drifted'],
})

/** The error that a sync ends with when it could not do everything; undefined when it could. */
export function shortcoming({ failures, asks }: SyncMemory, what: string): IasqlError | undefined {
  const [first] = failures
  if (first) {
    const lines = failures.map(({ table, where, message }) => `${table} in ${where}: ${message}`)
    return new IasqlError(
      'cloud/unreachable',
      `${what}: ${failures.length} reads failed; the first: ${lines[0]}`,
      {
        detail: lines.join('\n'),
        hint: 'What could be read is up to date. Run iasql_sync() again when the cause is removed.',
      },
    )
  }
  if (asks.length === 0) return undefined
  return new IasqlError('plan/conflict', `${asks.join('; ')}: unusually many, so they stay for now`, {
    hint: 'If that is right: SELECT * FROM iasql_sync(confirm => true).',
  })
}

/** What a failed read would have told about parents is missing: children would only be left out row by row. */
export const dependsOnFailure = (type: TableSpec, place: RowPlace, failures: readonly Failure[]): boolean =>
  failures.some(
    ({ table, accountId, region }) =>
      isWithin(place.accountId, accountId) &&
      isWithin(place.region, region) &&
      Object.values(type.columns).some(
        ({ reference }) => reference && unqualified(reference.table) === table && table !== type.name,
      ),
  )

/** What has no account, or no region, is meant for all of them. */
const isWithin = (part: string | null, whole: string | null): boolean =>
  part === null || whole === null || part === whole

export const asJson = (memory: SyncMemory): JsonObject => ({
  at: memory.at,
  failures: memory.failures as unknown as Json,
  asks: [...memory.asks],
  listed: memory.listed,
  drifted: memory.drifted as unknown as JsonObject,
})
