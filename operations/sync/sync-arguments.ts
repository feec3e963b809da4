/** `iasql_sync` has three forms, and drift checks one of their own; this tells them apart. */
import type { Json, JsonObject } from '#engine/model/json.ts'

export interface SyncArguments {
  /** Tables to sync; empty: all. */
  readonly names: readonly string[]
  readonly confirm: boolean
  /** Absent: asked for by somebody. */
  readonly check?: DriftCheck
}

/** A drift check of one place. */
export interface DriftCheck {
  readonly checkId: string
  readonly placeId: string
  readonly accountId: string
  /** Null: what the account has outside of regions. */
  readonly region: string | null
  /** What differs is told, and nothing is taken over. */
  readonly isLooking: boolean
}

export const checkArguments = (check: DriftCheck): readonly Json[] => [[], false, { ...check }]

export function syncArguments(given: readonly Json[]): SyncArguments {
  const names = given.find((argument) => Array.isArray(argument)) ?? []
  const check = given.find(isObject)
  return {
    names: (names as readonly Json[]).filter((name) => typeof name === 'string'),
    confirm: given.includes(true),
    ...(check ? { check: check as unknown as DriftCheck } : {}),
  }
}

const isObject = (value: Json): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
