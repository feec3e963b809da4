/** A resource type: the table's data and the mapper that goes with it. */
import { canonicalCidr } from '#engine/model/cidr.ts'
import type { SeenRow } from '#engine/model/cloud.ts'
import type { Column, Columns } from '#engine/model/column.ts'
import type { Estimates, TableSpec } from '#engine/model/table.ts'
import type { Mapper } from './mapper.ts'
import type { RowOf } from './row.ts'

/** A refusal that AWS gives while another service has not heard yet of something new; retried for `forMs`. */
export interface Propagation {
  readonly operation: string
  /** Typed error name. */
  readonly error: string
  /** AWS overloads the name, so the text decides. */
  readonly message: RegExp
  readonly forMs: number
  readonly because: string
}

/** `mapper` absent: a table of ours that no cloud knows. */
export interface ResourceType extends TableSpec {
  readonly mapper?: Mapper
  /** Columns that an item of `mapper.list` lacks: read them by `mapper.get` before `toRow`. */
  readonly hydrates: readonly string[]
  readonly propagates: readonly Propagation[]
}

type Optional = 'module' | 'columns' | 'place' | 'uniqueKey' | 'checks' | 'access' | 'writable' | 'settleMs'
type Defaulted = 'protects' | 'createdWith' | 'named' | 'estimates'

/** What a module writes; everything with a usual value may be left out. */
export type TableDefinition<C extends Columns> = Omit<
  TableSpec,
  Optional | Defaulted | 'naturalKey' | 'grouped'
> &
  Partial<
    Pick<TableSpec, Exclude<Optional, 'module' | 'columns' | 'writable'> | Exclude<Defaulted, 'estimates'>>
  > & {
    readonly columns: C
    readonly naturalKey: readonly (keyof C & string)[]
    readonly writable?: readonly (keyof C & string)[]
    readonly estimates?: Partial<Estimates>
    readonly hydrates?: readonly (keyof C & string)[]
    readonly propagates?: readonly Propagation[]
    // biome-ignore lint/suspicious/noExplicitAny: what a mapper sees of the cloud is its own affair
    readonly mapper?: Mapper<RowOf<C>, any>
  }

/** A resource type before `defineModule` gives it its module's name. */
export type Table<C extends Columns = Columns> = Omit<ResourceType, 'module' | 'columns'> & {
  readonly columns: C
}

/**
 * @example
 * export const queue = defineTable({ name: 'queue', description: '…', naturalKey: ['name'], columns, mapper })
 */
export function defineTable<const C extends Columns>(definition: TableDefinition<C>): Table<C> {
  const { columns, mapper, estimates, ...rest } = definition
  if (mapper && rest.access !== 'read') {
    const ways = lookUps.filter((way) => mapper[way])
    checkLookUp(rest.name, rest.named ?? false, ways)
  }
  return {
    place: 'regional',
    uniqueKey: true,
    checks: [],
    access: 'full',
    writable: [],
    settleMs: 10_000,
    protects: [],
    createdWith: [],
    named: false,
    hydrates: [],
    propagates: [],
    ...rest,
    estimates: { createMs: 1_000, updateMs: 1_000, deleteMs: 1_000, ...estimates },
    columns: Object.fromEntries(
      Object.entries(columns).map(([name, column]) => [name, withName(name, column)]),
    ) as C,
    ...(mapper ? { mapper: withCanonicalCidrs(columns, mapper as Mapper) } : {}),
    ...(mapper?.grouping ? { grouped: { by: mapper.grouping.by, max: mapper.grouping.max } } : {}),
  }
}

const lookUps = ['findByToken', 'findByName', 'unmarked'] as const

/** There is exactly one way to find out what a create without an answer has made. */
function checkLookUp(table: string, isNamed: boolean, ways: readonly string[]): void {
  const [way, ...more] = ways
  if (way && more.length === 0 && (way === 'findByName') === isNamed) return
  const needed = isNamed ? 'findByName' : 'findByToken or unmarked'
  throw new TypeError(
    `table ${table}: its mapper needs ${needed}, and has ${ways.join(' and ') || 'neither'}`,
  )
}

/** A network is read as PostgreSQL writes it: clouds spell one and the same with leading zeros or without. */
function withCanonicalCidrs(columns: Columns, mapper: Mapper): Mapper {
  const names = Object.keys(columns).filter((name) => columns[name]?.equality === 'cidr')
  if (names.length === 0) return mapper
  const toRow = (seen: unknown): SeenRow => {
    const row = mapper.toRow(seen)
    const networks = names.flatMap((name) => {
      const value = row[name]
      return typeof value === 'string' ? [[name, canonicalCidr(value)] as const] : []
    })
    return { ...row, ...Object.fromEntries(networks) }
  }
  return { ...mapper, toRow }
}

const withName = (name: string, column: Column): Column =>
  column.check ? { ...column, check: column.check.replaceAll('{}', `"${name}"`) } : column
