/** A function inside SQL, described as data; its SQL binding, help and checks are made from this. */
export type Role = 'viewer' | 'editor' | 'operator' | 'owner'
export type RpcKind = 'read' | 'engine' | 'action'

export interface RpcArgument {
  readonly name: string
  /** SQL type, for example `text`, `bigint`, `text[]`. */
  readonly type: string
  /** SQL default expression; an argument without one is required. */
  readonly default?: string
  /** Of a `bigint` that is NULL when left out: why a NULL that is given, such as of a lookup that found nothing, is refused. */
  readonly refusesNull?: string
  readonly variadic?: boolean
  /** A time: one computed from now() is another each time the statement runs, and means the same call. */
  readonly isMoment?: boolean
  /** Of an `action`: encrypted before it leaves the statement, opened for the call alone, and stored nowhere. */
  readonly secret?: boolean
}

export interface RpcColumn {
  readonly name: string
  readonly type: string
  /** Shown once, to the client that asks, and stored nowhere as it is. */
  readonly secret?: boolean
}

export interface RpcDescription {
  /** SQL name, for example `iasql_apply`. Overloads are several descriptions of one name. */
  readonly name: string
  /** Module it belongs to; `iasql` for the engine's own. */
  readonly module: string
  readonly kind: RpcKind
  /** An engine function that changes the cloud, as actions always do: one such a statement. */
  readonly changesCloud?: boolean
  readonly role: Role
  readonly arguments: readonly RpcArgument[]
  readonly columns: readonly RpcColumn[]
  /** A function such as `default_aws_region(text)` that returns one value instead of rows. */
  readonly scalar?: string
  readonly description: string
  readonly sampleUsage: string
}
