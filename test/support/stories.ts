/** Random stories about any tables: what users and strangers may do to them, within what PostgreSQL lets them do. */
import fc from 'fast-check'
import { canonicalJson } from '#engine/columns/canonical-json.ts'
import { formatExpression } from '#engine/expression/expression.ts'
import type { Column } from '#engine/model/column.ts'
import type { Json, Row } from '#engine/model/json.ts'
import type { TableSpec } from '#engine/model/table.ts'
import { type ResourceState, resourceKey, type TableLookup, unqualified } from '#engine/plan/resource.ts'
import { spelled, valuesOf } from './column-values.ts'
import type { SimulatedCloud } from './simulated-cloud.ts'

export type Act = (world: SimulatedCloud) => void

/** What an act would set, before it is known which rows there are to refer to. */
interface Draft {
  readonly values: Readonly<Record<string, Json>>
  /** Picks the target of each reference and expression. */
  readonly picks: readonly number[]
}

const rowId = fc.integer({ min: 1, max: 3 })
const perhaps = (column: Column): fc.Arbitrary<Json> => fc.option(valuesOf(column), { nil: null, freq: 4 })
const isSettable = ([, column]: readonly [string, Column]) => column.nature !== 'output' && !column.reference

const draftOf = (table: TableSpec): fc.Arbitrary<Draft> => {
  const columns = Object.entries(table.columns).filter(isSettable)
  return fc.record({
    values: fc.record(
      Object.fromEntries(
        columns.map(([name, column]) => [name, column.required ? valuesOf(column) : perhaps(column)]),
      ),
    ),
    picks: fc.array(fc.nat(), { minLength: 12, maxLength: 12 }),
  })
}

/** Undefined where a reference that must be given has no row to name. */
function insertable(world: SimulatedCloud, table: TableSpec, { values, picks }: Draft): Row | undefined {
  const row: Record<string, Json> = {}
  for (const [index, [name, column]] of Object.entries(table.columns).entries()) {
    const pick = picks[index % picks.length] ?? 0
    row[name] = values[name] ?? column.default ?? null
    if (column.nature === 'output') row[name] = null
    else if (column.reference) row[name] = targetOf(world, column, pick)
    else if (isFree(table, name, column)) row[name] = expressionOf(world, pick) ?? row[name] ?? null
    if (column.required && row[name] === null) return undefined
  }
  return row
}

/** Names stay plain, so that one row's name never depends on another's. */
const isFree = (table: TableSpec, name: string, { nature, sqlType, equality, required }: Column): boolean =>
  nature === 'argument' &&
  !required &&
  !table.naturalKey.includes(name) &&
  (equality === 'document' || (sqlType === 'text' && equality === 'plain'))

/** Rows that the cloud has lost are no targets: AWS would refuse to point at them. */
const isTarget = ({ desired, base, observed }: ResourceState): boolean =>
  desired !== null && (base === null || observed !== null)

/** Whatever the order in which an apply made them. */
const inOrder = (world: SimulatedCloud): readonly ResourceState[] =>
  [...world.rows].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row)

function targetOf(world: SimulatedCloud, { reference, required }: Column, pick: number): Json {
  if (!reference) return null
  const table = unqualified(reference.table)
  const rows = inOrder(world).filter(
    (row) => row.table === table && isTarget(row) && row.place.region === home,
  )
  if (!required && pick % 3 === 0) return null
  const target = rows[pick % Math.max(1, rows.length)]
  if (!target) return null
  return reference.by === 'id' ? target.rowId : (target.desired?.[reference.by] ?? null)
}

function expressionOf(world: SimulatedCloud, pick: number): Json | undefined {
  const targets = inOrder(world).flatMap((row) => {
    const output = Object.entries(world.tableOf(row).columns).find(
      ([, { nature, sqlType }]) => nature === 'output' && sqlType === 'text',
    )
    return output && isTarget(row) ? [{ table: row.table, id: row.rowId, column: output[0] }] : []
  })
  const target = targets[Math.floor(pick / 4) % Math.max(1, targets.length)]
  return target && pick % 4 === 0 ? `of ${formatExpression(target)}` : undefined
}

export const home = 'us-east-1'

const nameIn = (table: TableSpec, row: Row) =>
  canonicalJson(table.naturalKey.map((column) => row[column] ?? null))

/** As UNIQUE on the natural key: with NULLS NOT DISTINCT where the table says so. */
const isTaken = (world: SimulatedCloud, table: TableSpec, id: number, row: Row): boolean =>
  (table.uniqueKey || table.named) &&
  (table.nullsAlike === true || table.naturalKey.every((column) => (row[column] ?? null) !== null)) &&
  [...world.rows.values()].some(
    (other) =>
      other.table === table.name &&
      other.rowId !== id &&
      other.desired &&
      nameIn(table, other.desired) === nameIn(table, row),
  )

const insertOrEdit = (table: TableSpec) =>
  fc.tuple(rowId, draftOf(table), fc.nat()).map(
    ([id, draft, which]): Act =>
      (world) => {
        const row = insertable(world, table, draft)
        const resource = world.rows.get(resourceKey(table.name, id))
        if (!row) return
        if (!resource) {
          if (!isTaken(world, table, id, row)) world.insert(table.name, id, row)
          return
        }
        const names = Object.keys(row)
        const chosen = [names[which % names.length], names[(which >> 3) % names.length]]
        const change = Object.fromEntries(
          chosen.flatMap((name) =>
            name && isAllowed(table, resource, name, row[name] ?? null) ? [[name, row[name] ?? null]] : [],
          ),
        )
        if (!resource.desired || isTaken(world, table, id, { ...resource.desired, ...change })) return
        world.edit(resourceKey(table.name, id), change)
      },
  )

/** As NOT NULL, the guard and the protection of companions. */
function isAllowed(table: TableSpec, resource: ResourceState, name: string, value: Json): boolean {
  const column = table.columns[name]
  if (!column || resource.place.region !== home) return false
  if (resource.companionOf !== null && column.replaces) return false
  const isKept = column.nature === 'argument' && !column.clearable
  return value !== null || !isKept || (resource.desired?.[name] ?? null) === null
}

const drift = (table: TableSpec) => {
  const columns = Object.entries(table.columns).filter(
    ([name, { nature, reference, replaces }]) =>
      nature !== 'local' && !reference && !replaces && !table.naturalKey.includes(name),
  )
  if (columns.length === 0) return fc.constant<Act>(() => undefined)
  return fc.constantFrom(...columns).chain(([name, column]) =>
    fc.tuple(rowId, column.nature === 'output' || !column.clearable ? valuesOf(column) : perhaps(column)).map(
      ([id, value]): Act =>
        (world) =>
          world.drift(resourceKey(table.name, id), { [name]: value }),
    ),
  )
}

/** AWS gives back the same in other words. */
const respell = (table: TableSpec) =>
  fc
    .tuple(
      rowId,
      fc.record(
        Object.fromEntries(Object.entries(table.columns).map(([name, column]) => [name, spelled(column)])),
      ),
    )
    .map(
      ([id, spellings]): Act =>
        (world) => {
          const resource = world.rows.get(resourceKey(table.name, id))
          for (const [name, { value, again }] of Object.entries(spellings)) {
            const isSame = canonicalJson(resource?.observed?.[name] ?? null) === canonicalJson(value)
            if (isSame) world.drift(resourceKey(table.name, id), { [name]: again })
          }
        },
    )

const keyOf = (table: TableSpec) => rowId.map((id) => resourceKey(table.name, id))

const onTable = (table: TableSpec): fc.Arbitrary<Act> =>
  fc.oneof(
    { weight: 8, arbitrary: insertOrEdit(table) },
    {
      weight: 2,
      arbitrary: keyOf(table).map(
        (key): Act =>
          (world) =>
            world.remove(key),
      ),
    },
    { weight: 2, arbitrary: drift(table) },
    { weight: 1, arbitrary: respell(table) },
    {
      weight: 1,
      arbitrary: keyOf(table).map(
        (key): Act =>
          (world) =>
            world.drop(key),
      ),
    },
    {
      weight: 1,
      arbitrary: keyOf(table).map(
        (key): Act =>
          (world) =>
            world.move(key, 'eu-west-1'),
      ),
    },
  )

const writable = (tables: TableLookup) => [...tables.values()].filter(({ access }) => access === 'full')

/** Chapters of acts; an apply or a sync ends each. */
export const storyOf = (tables: TableLookup): fc.Arbitrary<readonly (readonly Act[])[]> =>
  fc.array(fc.array(fc.oneof(...writable(tables).map(onTable)), { minLength: 1, maxLength: 14 }), {
    minLength: 1,
    maxLength: 4,
  })
