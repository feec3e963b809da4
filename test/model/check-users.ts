/** What users have committed has come about, and nothing was deleted that they did not ask for. */
import { equals } from '#engine/columns/canonical.ts'
import type { Json, Row } from '#engine/model/json.ts'
import type { KindName } from '#test/support/simulated/kinds.ts'
import { sim } from '#test/support/simulated/module.ts'
import { keyOf, type Picture } from './picture.ts'
import { tokensOf } from './tokens.ts'
import type { ModelRun, Violation } from './world.ts'

const columnsOf = (table: string) => sim.tables.find(({ name }) => name === table)?.columns ?? {}

/** Of every row the latest word of users on each column; null: it was deleted. */
function lastWords(run: ModelRun): ReadonlyMap<string, Map<string, Json> | null> {
  const words = new Map<string, Map<string, Json> | null>()
  for (const { edit, table, rowId, values } of run.users.committed.slice(run.seenEdits)) {
    const key = keyOf(table, rowId)
    if (edit === 'delete') {
      words.set(key, null)
      continue
    }
    const known = words.get(key) ?? new Map<string, Json>()
    for (const [name, value] of Object.entries(values)) known.set(name, value)
    words.set(key, known)
  }
  return words
}

export function lostEdits(run: ModelRun, { rows, byRow }: Picture): readonly Violation[] {
  const violations: Violation[] = []
  const { touched } = run.stranger
  for (const [key, words] of lastWords(run)) {
    const row = rows.get(key)
    const ids = [...run.bindings].flatMap(([id, owner]) => (owner === key ? [id] : []))
    // A companion goes with its parent, edited or not.
    const isCompanion = ids.some((id) => run.lab.cloud.world.things.get(id)?.companionOf)
    const isRemoved =
      isCompanion || ids.some((id) => touched.has(id)) || [...touched].some((name) => !name.includes('.'))
    if (words === null) {
      if (row) violations.push({ name: 'lost edit', what: `${key} was deleted and is there` })
      continue
    }
    if (!row) {
      if (!isRemoved) violations.push({ name: 'lost edit', what: `${key} was written and is gone` })
      continue
    }
    const id = byRow.get(key)?.id ?? ''
    for (const [name, value] of words) {
      const column = columnsOf(key.split('/')[0] ?? '')[name]
      const isTouched = [id, ...ids].some((one) => touched.has(`${one}.${name}`))
      // NULL where AWS fills something in is no word at all.
      if (!column || isTouched || (value === null && !column.clearable)) continue
      const now = row[name] ?? null
      if (equals(column, now, value)) continue
      const what = `${key}.${name} was set to ${JSON.stringify(value)} and is ${JSON.stringify(now)}`
      violations.push({ name: 'lost edit', what })
    }
  }
  return violations
}

/** What the engine deleted since the last rest must have gone with a row, or been replaced on a user's word. */
export async function unaskedDeletes(run: ModelRun, picture: Picture): Promise<readonly Violation[]> {
  const words = lastWords(run)
  const gone = [...run.lab.cloud.world.things.values()].filter(
    ({ deletion }) => deletion?.by === 'engine' && deletion.atMs >= run.lastRestMs,
  )
  if (gone.length === 0) return []
  const owners = await ownersOf(run, picture)
  return gone.flatMap((thing) => {
    const token = thing.token ?? tokenIn(thing.versions[0]?.attributes?.tags)
    const owner = run.bindings.get(thing.id) ?? owners.tokens.get(token) ?? owners.changes.get(thing.id)
    if (owner === undefined)
      return [{ name: 'unasked delete' as const, what: `${thing.id} was nobody's and was deleted` }]
    const isAsked =
      words.get(owner) === null || !picture.rows.has(owner) || isReplaced(owner, words, picture.rows)
    return isAsked ? [] : [{ name: 'unasked delete' as const, what: `${thing.id} of ${owner} was deleted` }]
  })
}

const tokenIn = (tags: Json | undefined): string => {
  const token = (tags as Readonly<Record<string, Json>> | undefined)?.['iasql:token']
  return typeof token === 'string' ? token : ''
}

async function ownersOf({ lab, bindings, users }: ModelRun, { rows }: Picture) {
  const keys = [
    ...rows.keys(),
    ...bindings.values(),
    ...users.committed.map(({ table, rowId }) => keyOf(table, rowId)),
  ]
  const stored = await lab.platform.query<{
    table_name: string
    row_id: number
    cloud_id: Record<string, string>
  }>(
    `SELECT DISTINCT table_name, row_id, coalesce(planned->'cloudId', cloud_id) AS cloud_id
     FROM ${lab.tenant.schema}.iasql_change_record WHERE execution_id IS NOT NULL`,
  )
  return {
    tokens: tokensOf(lab.tenant.id, keys),
    changes: new Map(
      stored.map((change) => [
        Object.values(change.cloud_id ?? {})[0] ?? '',
        keyOf(change.table_name, change.row_id),
      ]),
    ),
  }
}

/** The row, or what it cannot be moved away from, was given another value where that means a new resource. */
function isReplaced(
  key: string,
  words: ReadonlyMap<string, ReadonlyMap<string, Json> | null>,
  rows: ReadonlyMap<string, Row>,
): boolean {
  const table = key.split('/')[0] as KindName
  const row = rows.get(key)
  const replacing = Object.entries(columnsOf(table)).filter(([, column]) => column.replaces)
  return replacing.some(([name, column]) => {
    if (words.get(key)?.has(name)) return true
    const value = row?.[name] ?? null
    if (typeof value === 'string' && value.includes('${')) return true
    const parent = column.reference?.table.split('.')[1]
    return parent !== undefined && value !== null && isReplaced(keyOf(parent, value), words, rows)
  })
}
