/** Every kind of column that data can describe, and every table on offer. */
import type { Column, Equality, SqlType } from '#engine/model/column.ts'
import type { TableSpec } from '#engine/model/table.ts'
import { modules } from '#modules/registry.ts'
import { column, refersTo, table } from './engine-tables.ts'

export const everyTable: readonly TableSpec[] = modules.flatMap((module) => module.tables)

const kinds: readonly (readonly [SqlType, Equality])[] = [
  ['text', 'plain'],
  ['integer', 'plain'],
  ['bigint', 'plain'],
  ['boolean', 'plain'],
  ['double precision', 'plain'],
  ['timestamptz', 'plain'],
  ['jsonb', 'set'],
  ['jsonb', 'document'],
  ['jsonb', 'policy'],
  ['jsonb', 'tags'],
  ['text', 'cidr'],
]

const presences: readonly Partial<Column>[] = [
  { required: true, clearable: false },
  { required: false, clearable: true },
  { required: false, clearable: false },
]

const argumentColumns = kinds.flatMap(([sqlType, equality]) =>
  presences.flatMap((presence) =>
    ([false, 'after', 'before'] as const).map((replaces) =>
      column({ sqlType, equality, replaces, ...presence }),
    ),
  ),
)

const defaulted = [
  column({ sqlType: 'integer', default: 30, clearable: false }),
  column({ sqlType: 'boolean', default: false, clearable: false, replaces: 'before' }),
  column({ sqlType: 'text', default: 'a', clearable: false, replaces: 'after' }),
  column({ sqlType: 'jsonb', equality: 'set', default: ['a'], clearable: false }),
]

const others = kinds.flatMap(([sqlType, equality]) =>
  (['output', 'local'] as const).map((nature) => column({ sqlType, equality, nature })),
)

/** Sets of columns, each small enough to be one table. */
export const syntheticColumns: readonly Column[] = [...argumentColumns, ...defaulted, ...others]

const nameOf = ({ sqlType, equality, nature }: Column, index: number): string =>
  `${nature}_${equality === 'plain' ? sqlType.replaceAll(' ', '_') : equality}_${index}`

/** Tables of ten columns that have among them every option a column can have. */
export const syntheticTables: readonly TableSpec[] = Array.from(
  { length: Math.ceil(syntheticColumns.length / 10) },
  (_, index) =>
    table({
      name: `synthetic_${index}`,
      columns: Object.fromEntries(
        // Every twelfth of them, so that one table mixes types and natures.
        syntheticColumns
          .filter((_, at) => at % Math.ceil(syntheticColumns.length / 10) === index)
          .map((one, at) => [nameOf(one, at), one]),
      ),
    }),
)

const byName = { table: 'test.target', need: 'ready', by: 'name' } as const

/** Every kind of reference: by id and by name, kept and replaced, to itself, with what comes along. */
export const referringTables: readonly TableSpec[] = [
  table({
    name: 'target',
    naturalKey: ['name'],
    uniqueKey: true,
    named: true,
    columns: {
      name: column({ required: true, clearable: false, replaces: 'before' }),
      size: column({ sqlType: 'integer', clearable: false }),
      fixed: column({ sqlType: 'integer', clearable: false, replaces: 'after' }),
      next_id: refersTo('test.target', { reference: { table: 'test.target', need: 'exists', by: 'id' } }),
      note: column(),
      arn: column({ nature: 'output' }),
    },
  }),
  table({
    name: 'pointer',
    columns: {
      kept_id: refersTo('test.target'),
      required_id: refersTo('test.target', { required: true, clearable: false }),
      after_id: refersTo('test.target', { replaces: 'after' }),
      before_id: refersTo('test.target', { replaces: 'before' }),
      target_name: column({ reference: byName }),
      document: column({ sqlType: 'jsonb', equality: 'document' }),
      arn: column({ nature: 'output' }),
    },
  }),
  table({
    name: 'part',
    createdWith: [{ parent: 'test.pointer', via: 'pointer_id' }],
    columns: {
      pointer_id: refersTo('test.pointer', { required: true, clearable: false, replaces: 'after' }),
      size: column({ sqlType: 'integer', clearable: false }),
    },
  }),
  table({
    name: 'user_of_part',
    columns: {
      part_id: refersTo('test.part', { required: true, clearable: false }),
      other_id: refersTo('test.user_of_part', { replaces: 'after' }),
    },
  }),
]

const named = { naturalKey: ['name'], uniqueKey: true, named: true } as const
const nameOfOwn = (replaces: 'after' | 'before') => column({ required: true, clearable: false, replaces })
const byRole = { table: 'test.role', need: 'ready', by: 'name' } as const

/** Names that AWS gives only once and that cannot change in place, and what keeps their old owners from going. */
export const namingTables: readonly TableSpec[] = [
  table({
    name: 'role',
    ...named,
    columns: {
      name: nameOfOwn('after'),
      size: column({ sqlType: 'integer', clearable: false }),
      friend_id: refersTo('test.role'),
      friend: column({ reference: byRole }),
      base_id: refersTo('test.role', { clearable: false }),
    },
  }),
  table({
    name: 'profile',
    ...named,
    columns: {
      name: nameOfOwn('before'),
      role: column({ reference: byRole, required: true, clearable: false, replaces: 'after' }),
      role_id: refersTo('test.role', { required: true, clearable: false }),
      fixed_id: refersTo('test.role', { replaces: 'after' }),
      note: column(),
    },
  }),
]

const seat = {
  host: column({ sqlType: 'boolean', required: true, clearable: false, replaces: 'after' }),
  place: column({ sqlType: 'integer', clearable: false }),
}
const seated = { naturalKey: ['host', 'place'], uniqueKey: true, named: true } as const
const byHost = { create: ['host'], update: ['host'], delete: ['host'] } as const

/** Names that an update takes and leaves: one by one, in calls that trade them, and where to have none is one too. */
export const movingTables: readonly TableSpec[] = [
  table({ name: 'door', ...seated, nullsAlike: true, columns: { ...seat, note: column() } }),
  table({
    name: 'rule',
    ...seated,
    grouped: { by: byHost, max: 100 },
    columns: {
      ...seat,
      place: column({ sqlType: 'integer', required: true, clearable: false }),
      door_id: refersTo('test.door'),
    },
  }),
]
