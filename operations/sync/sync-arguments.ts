/** `iasql_sync` has three forms; this tells them apart. */
import type { Json } from '#engine/model/json.ts'

export interface SyncArguments {
  /** Tables to sync; empty: all. */
  readonly names: readonly string[]
  readonly confirm: boolean
}

export function syncArguments(given: readonly Json[]): SyncArguments {
  const names = given.find((argument) => Array.isArray(argument)) ?? []
  return {
    names: (names as readonly Json[]).filter((name) => typeof name === 'string'),
    confirm: given.includes(true),
  }
}
