/** Which companions are new, which rows of old ones stand for new ones from now on, and which have gone. */
import { canonicalJson } from '#engine/columns/canonical-json.ts'
import type { CompanionRecord } from '#postgres/statements/resource-companions.ts'
import type { ImportedRow } from '#postgres/statements/resource-import.ts'
import { isAwsId } from './kept-columns.ts'

export interface Matched {
  readonly again: readonly (readonly [ImportedRow, CompanionRecord])[]
  readonly made: readonly ImportedRow[]
  readonly gone: readonly CompanionRecord[]
}

export function matchCompanions(rows: readonly ImportedRow[], before: readonly CompanionRecord[]): Matched {
  const held = new Set(before.map((record) => canonicalJson(record.cloud_id)))
  const current = new Set(rows.map((row) => canonicalJson(row.cloudId)))
  const made = rows.filter((row) => !held.has(canonicalJson(row.cloudId)))
  const old = before.filter((record) => !current.has(canonicalJson(record.cloud_id)))
  const again = pairUp(made, old)
  const paired = new Set<unknown>(again.flat())
  return {
    again,
    made: made.filter((row) => !paired.has(row)),
    gone: old.filter((record) => !paired.has(record)),
  }
}

/** New companions and rows of old ones that stand for the same thing: the only one of their kind, or of equal name. */
function pairUp(
  made: readonly ImportedRow[],
  old: readonly CompanionRecord[],
): readonly (readonly [ImportedRow, CompanionRecord])[] {
  const [row] = made
  const [record] = old
  if (made.length === 1 && old.length === 1 && row && record) return [[row, record]]
  const left = [...old]
  return made.flatMap((one) => {
    const at = left.findIndex((candidate) => likeness(candidate.base ?? {}) === likeness(one.row))
    const [match] = at < 0 ? [] : left.splice(at, 1)
    return match ? [[one, match] as const] : []
  })
}

/** Everything about a row but what the cloud names anew each time. */
const likeness = (row: ImportedRow['row']): string =>
  canonicalJson(Object.fromEntries(Object.entries(row).filter(([, value]) => !isAwsId(value))))
