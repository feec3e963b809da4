/** Which companions are new, which rows of old ones stand for new ones from now on, and which have gone. */
import { canonicalJson } from '#engine/columns/canonical-json.ts'
import type { Row } from '#engine/model/json.ts'
import type { TableSpec } from '#engine/model/table.ts'
import type { CompanionRecord } from '#postgres/statements/resource-companions.ts'
import type { ImportedRow } from '#postgres/statements/resource-import.ts'
import { isAwsId } from './kept-columns.ts'

export interface Matched {
  readonly again: readonly (readonly [ImportedRow, CompanionRecord])[]
  readonly made: readonly ImportedRow[]
  readonly gone: readonly CompanionRecord[]
}

export function matchCompanions(
  type: TableSpec,
  rows: readonly ImportedRow[],
  before: readonly CompanionRecord[],
): Matched {
  const held = new Set(before.map((record) => canonicalJson(record.cloud_id)))
  const current = new Set(rows.map((row) => canonicalJson(row.cloudId)))
  const made = rows.filter((row) => !held.has(canonicalJson(row.cloudId)))
  const old = before.filter((record) => !current.has(canonicalJson(record.cloud_id)))
  const again = pairUp(type, made, old)
  const paired = new Set<unknown>(again.flat())
  return {
    again,
    made: made.filter((row) => !paired.has(row)),
    gone: old.filter((record) => !paired.has(record)),
  }
}

type Pair = readonly [ImportedRow, CompanionRecord]

/** New companions and rows of old ones that stand for the same thing: the only one of their kind, or of equal name. */
function pairUp(
  type: TableSpec,
  made: readonly ImportedRow[],
  old: readonly CompanionRecord[],
): readonly Pair[] {
  const [row] = made
  const [record] = old
  if (made.length === 1 && old.length === 1 && row && record) return [[row, record]]
  const pairs = new Map<ImportedRow, CompanionRecord>()
  const left = [...old]
  for (const names of [argumentsOf(type), argumentsOf(type).filter((name) => type.columns[name]?.replaces)]) {
    for (const one of made.filter((each) => !pairs.has(each))) {
      const at = left.findIndex(({ base }) => likeness(names, base ?? {}) === likeness(names, one.row))
      const [match] = at < 0 ? [] : left.splice(at, 1)
      if (match) pairs.set(one, match)
    }
  }
  return made.flatMap((one): readonly Pair[] => {
    const match = pairs.get(one)
    return match ? [[one, match]] : []
  })
}

const argumentsOf = ({ columns }: TableSpec): readonly string[] =>
  Object.entries(columns).flatMap(([name, { nature }]) => (nature === 'argument' ? [name] : []))

/** All that it says there but what the cloud names anew each time. */
const likeness = (names: readonly string[], row: Row): string =>
  canonicalJson(names.flatMap((name) => (isAwsId(row[name]) ? [] : [[name, row[name] ?? null]])))
