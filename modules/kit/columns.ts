/** Builders of columns: what a table has, said once, as data that DDL, merge, docs and row types are made from. */
import type { CloudReference } from '#engine/model/cloud.ts'
import type { Column, Equality, Milestone, OwnCall, SqlType } from '#engine/model/column.ts'
import type { Json } from '#engine/model/json.ts'
import type { ContentDigest, SecretText, TagMap, TypedColumn } from './row.ts'

export interface ColumnOptions<Value> {
  /** An INSERT must give it. */
  readonly required?: boolean
  /** NOT NULL DEFAULT this; AWS's own default, so that an omitted value and AWS agree. */
  readonly default?: Value
  /** A change makes a new resource: `after` it stands the old one goes; `before`: their names or CIDRs collide. */
  readonly replaces?: 'after' | 'before'
  /** The cloud's; an edit is put back. */
  readonly output?: boolean
  /** Of an output: it follows what others do, so a sync right after an apply may find another. */
  readonly live?: boolean
  /** Rows with one of `values` in `column` cannot be without what this one names: they are replaced where that goes first. */
  readonly keptWhere?: { readonly column: string; readonly values: readonly Json[] }
  /** Of an output that `replaces`: what the rows that `column`'s lines name have in `of`, where no call can change it. */
  readonly follows?: { readonly column: string; readonly of: string }
  /** Ours alone: never sent, never read. */
  readonly local?: boolean
  /** SQL condition; `{}` stands for the column. */
  readonly check?: string
  /** NULL may be sent to AWS to clear the value. */
  readonly clearable?: boolean
  /** Changing or clearing a set value interrupts what uses the resource; plans say so. */
  readonly interrupts?: boolean
  /** When it takes a call of its own, for the number of calls that plans predict; else columns share one. */
  readonly ownCall?: readonly OwnCall[]
  /** Says how calls are made; AWS never tells it, and a change of it alone makes no call. `toRow` leaves it out. */
  readonly unread?: boolean
  /** The part of the resource that it says something of: columns of one part share an `ownCall`. */
  readonly part?: string
  /** Says nothing without that column: sent and cleared together with it. */
  readonly with?: string
}

type NatureOf<Options> = Options extends { readonly output: true }
  ? 'output'
  : Options extends { readonly local: true }
    ? 'local'
    : 'argument'

type Built<Value, Options> = TypedColumn<
  Options extends { readonly required: true }
    ? Value
    : Options extends { readonly default: unknown }
      ? Value
      : Value | null,
  NatureOf<Options>
> &
  (Options extends { readonly unread: true } ? { readonly unread: true } : unknown)

function build<Value, Options extends ColumnOptions<unknown>>(
  sqlType: SqlType,
  equality: Equality,
  description: string,
  options: Options,
  checks: readonly (string | undefined)[] = [],
): Built<Value, Options> {
  const conditions = [...checks, options.check].filter((condition) => condition !== undefined)
  const column: Column = {
    sqlType,
    description,
    nature: options.output ? 'output' : options.local ? 'local' : 'argument',
    required: options.required ?? false,
    replaces: options.replaces ?? false,
    equality,
    clearable: options.clearable ?? options.unread ?? false,
    ...(options.interrupts ? { interrupts: true } : {}),
    ...(options.live ? { live: true } : {}),
    ...(options.keptWhere ? { keptWhere: options.keptWhere } : {}),
    ...(options.follows ? { follows: options.follows } : {}),
    ...(options.ownCall ? { ownCall: options.ownCall } : {}),
    ...(options.unread ? { unread: true } : {}),
    ...(options.default === undefined ? {} : { default: options.default as Json }),
    ...(options.part === undefined ? {} : { part: options.part }),
    ...(options.with === undefined ? {} : { with: options.with }),
    ...(conditions.length ? { check: conditions.join(' AND ') } : {}),
  }
  return column as Built<Value, Options>
}

type Make<Value> = <const Options extends ColumnOptions<Value> = object>(
  description: string,
  options?: Options,
) => Built<Value, Options>

const builder =
  <Value>(sqlType: SqlType, equality: Equality): Make<Value> =>
  (description, options) =>
    build<Value, NonNullable<typeof options>>(
      sqlType,
      equality,
      description,
      options ?? ({} as NonNullable<typeof options>),
    )

export const text = builder<string>('text', 'plain')
export const arn = builder<string>('text', 'plain')
export const boolean = builder<boolean>('boolean', 'plain')
export const double = builder<number>('double precision', 'plain')
/** A moment as ISO 8601 in UTC. */
export const timestamp = builder<string>('timestamptz', 'plain')
/** IPv4 or IPv6 network as text; compared by its network, as AWS rewrites `10.0.0.1/16` to `10.0.0.0/16`. */
export const cidr: Make<string> = (description, options) =>
  build<string, NonNullable<typeof options>>(
    'text',
    'cidr',
    description,
    options ?? ({} as NonNullable<typeof options>),
    // The cast refuses what is no network, at the statement.
    ['({} IS NULL OR CAST({} AS inet) IS NOT NULL)'],
  )
export const jsonDocument = builder<Json>('jsonb', 'document')
/** IAM policy: AWS reorders and rewrites it, which is never a difference. */
export const policyDocument = builder<Json>('jsonb', 'policy')
/** A jsonb array of texts whose order means nothing. */
export const set = builder<readonly string[]>('jsonb', 'set')

/**
 * A password, a key, a token: written by users, encrypted before it is stored, opened only for the call that sends it, and
 * never read back: `toRow` leaves it out. `required`: an INSERT must give it; rows that are imported have none.
 */
export function secret<const Options extends SecretOptions = object>(
  description: string,
  options: Options = {} as Options,
): TypedColumn<SecretText | null, 'argument'> {
  const column = build<string, Options>('text', 'plain', `${description} Write-only.`, options)
  return { ...column, secret: true } as TypedColumn<SecretText | null, 'argument'>
}

type SecretOptions = Pick<
  ColumnOptions<never>,
  'required' | 'replaces' | 'check' | 'clearable' | 'interrupts' | 'ownCall' | 'with'
>

/**
 * A body, a program, a page: text as it is, or bytes (`decode('…', 'base64')`), up to 4 MiB. The row holds their digest,
 * `sha256:<hex>`. A mapper's writes are given the bytes of what the call is to send; `toRow` tells the digest by `digestOf`.
 */
export function content<const Options extends SecretOptions = object>(
  description: string,
  options: Options = {} as Options,
): Built<ContentDigest, Options> {
  const column = build<string, Options>('text', 'plain', description, options)
  return { ...column, content: true } as unknown as Built<ContentDigest, Options>
}

interface RangeOptions extends ColumnOptions<number> {
  readonly min?: number
  readonly max?: number
}

export function integer<const Options extends RangeOptions = object>(
  description: string,
  options: Options = {} as Options,
): Built<number, Options> {
  const { min, max } = options
  const range = [
    min === undefined ? undefined : `{} >= ${min}`,
    max === undefined ? undefined : `{} <= ${max}`,
  ]
  return build<number, Options>('integer', 'plain', description, options, range)
}

/** A duration in whole seconds, zero or more unless `min` says otherwise. */
export const seconds = <const Options extends RangeOptions = object>(
  description: string,
  options: Options = {} as Options,
): Built<number, Options> => integer(description, { min: 0, ...options }) as unknown as Built<number, Options>

/** Text out of a closed list. */
export function choice<const Value extends string, const Options extends ColumnOptions<Value> = object>(
  values: readonly Value[],
  description: string,
  options: Options = {} as Options,
): Built<Value, Options> {
  const list = values.map((value) => `'${value}'`).join(', ')
  return build<Value, Options>('text', 'plain', `${description} One of ${values.join(', ')}.`, options, [
    options.output ? undefined : `{} IN (${list})`,
  ])
}

interface ReferenceOptions extends ColumnOptions<never> {
  /** Which milestone of the target the create waits for; `ready` unless the call works sooner. */
  readonly need?: Milestone
  /** Text column of the target that holds the value itself, instead of the row id. */
  readonly by?: string
}

type ReferenceValue<Options> = Options extends { readonly by: string } ? string : CloudReference

/** A foreign key to a row of `table` (qualified: `aws_vpc.vpc`), in the same account and region. */
export function reference<const Options extends ReferenceOptions = object>(
  table: string,
  description: string,
  options: Options = {} as Options,
): Built<ReferenceValue<Options>, Options> {
  const by = options.by ?? 'id'
  const column = build(by === 'id' ? 'bigint' : 'text', 'plain', description, options)
  return {
    ...column,
    reference: { table, need: options.need ?? 'ready', by },
  } as unknown as Built<ReferenceValue<Options>, Options>
}

/**
 * The tags of a resource; null equals `{}`, and tags beginning `iasql:` or `aws:` are not among them. Where AWS takes them all
 * at once, they are a `part`; where they go with what else changes, `ownCall: []`.
 */
export const tags = (
  options: Pick<ColumnOptions<never>, 'ownCall' | 'part'> = {},
): TypedColumn<TagMap | null, 'argument'> =>
  build<TagMap, { clearable: true }>(
    'jsonb',
    'tags',
    'Tags: a JSON object of texts.',
    { ...options, clearable: true },
    [
      // AWS's own, and ours, are no user's to set.
      `jsonb_typeof({}) = 'object'
      AND NOT jsonb_path_exists({}, '$.keyvalue() ? (@.key starts with "iasql:" || @.key starts with "aws:")')`,
    ],
  )
