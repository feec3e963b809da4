/**
 * Lists that AWS takes along with a resource and in no call of their own: the subnets of a load balancer, the containers of
 * a task. A column of the resource holds them, and a view shows and edits them as a table, a line a row.
 */
import type { Column, Columns } from '#engine/model/column.ts'
import type { Json, JsonObject } from '#engine/model/json.ts'
import { type ColumnOptions, jsonDocument } from './columns.ts'
import type { LinesDefinition } from './lines-definition.ts'
import { linesSql } from './lines-sql.ts'
import type { ModuleSql } from './module.ts'
import type { TypedColumn } from './row.ts'

export type { LinesDefinition }

export interface Lines<C extends Columns = Columns> extends LinesDefinition<C>, ModuleSql {}

type ValueOf<C> = C extends { readonly $value?: infer Value } ? NonNullable<Value> : never

/** A line as the mapper gets and gives it: without nulls, empty lists and values that are the default. */
export type LineOf<L> = L extends Lines<infer C> ? { readonly [Name in keyof C]?: ValueOf<C[Name]> } : never

/**
 * @example
 * const loadBalancerSubnet = defineLines({
 *   name: 'load_balancer_subnet', parent: 'load_balancer', via: 'load_balancer_id', list: 'subnets', key: ['subnet_id'],
 *   columns: { subnet_id: reference('aws_vpc.subnet', 'The subnet.', { by: 'subnet_id', required: true }) },
 * })
 */
export function defineLines<const C extends Columns>(definition: LinesDefinition<C>): Lines<C> {
  return { ...definition, ...linesSql(definition as unknown as LinesDefinition) }
}

type ListOptions = Pick<ColumnOptions<never>, 'replaces' | 'ownCall' | 'interrupts' | 'keptWhere'> & {
  /** AWS deletes nothing that a line names, and takes the resource without lines for a while. */
  readonly holds?: boolean
}

type ListColumn<L> = TypedColumn<readonly LineOf<L>[], 'argument'>

/** The parent's column of the lines; none unless said. */
export function listOf<C extends Columns>(lines: Lines<C>, options: ListOptions = {}): ListColumn<Lines<C>> {
  const { holds = false, ...rest } = options
  const column = jsonDocument(`Kept by ${lines.name}, which shows it line by line.`, { ...rest, default: [] })
  return { ...column, equality: 'set', ...(holds ? { holds } : {}) } as unknown as ListColumn<Lines<C>>
}

/** The same where AWS chooses as long as there is none. */
export function chosenListOf<C extends Columns>(
  lines: Lines<C>,
  options: ListOptions = {},
): TypedColumn<readonly LineOf<Lines<C>>[] | null, 'argument'> {
  const { default: _, ...column } = listOf(lines, options) as Column
  return column as TypedColumn<readonly LineOf<Lines<C>>[] | null, 'argument'>
}

type Loose<Line> = { readonly [Name in keyof Line]: Line[Name] | null | undefined }

/** What the cloud told of a line, in the one form that lines are compared in. */
export function lineFrom<C extends Columns>(
  { columns }: Lines<C>,
  values: Loose<LineOf<Lines<C>>>,
): LineOf<Lines<C>> {
  const said = Object.entries(values as JsonObject).filter(([name, value]) => {
    const usual = columns[name]?.default
    return !isEmpty(value) && (usual === undefined || usual !== value)
  })
  return Object.fromEntries(said) as LineOf<Lines<C>>
}

const isEmpty = (value: Json | undefined): boolean =>
  value === null || value === undefined || (typeof value === 'object' && Object.keys(value).length === 0)
