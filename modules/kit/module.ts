/** A module: a folder of resource types, as one plain value that the registry or a user's configuration lists. */
import type { Examples } from './examples.ts'
import type { ModuleRpc } from './rpc.ts'
import type { ResourceType, Table } from './table.ts'

/** Whom a module's own SQL is made for; names are safe identifiers (`[a-z0-9_]+`). */
export interface SqlTarget {
  readonly schema: string
  readonly readerRole: string
  readonly writerRole: string
}

/** SQL of the module's own (functions, views, triggers), one statement a text. */
export interface ModuleSql {
  /** Views that it makes, which would hide a user's own of the same name. */
  readonly makes?: readonly string[]
  /** Run once the tables are made, as their owner. */
  create(target: SqlTarget): readonly string[]
  /** Run before the tables go. */
  drop(target: SqlTarget): readonly string[]
}

/** What writes of the SDK take and no column says, and why. A test holds that nothing else is left out, and nothing that is said. */
export interface LeftOut {
  /** Operations; without `arguments` the module makes none of their calls. */
  readonly of: readonly string[]
  /** Of the input of each: `Ipv6Pool`, or below a member `LoggingEnabled.TargetGrants`. */
  readonly arguments?: readonly string[]
  /** A sentence for its page. */
  readonly because: string
}

export interface Module {
  readonly name: string
  /** Semantic version. */
  readonly version: string
  /** Modules that must be installed before. */
  readonly requires: readonly string[]
  /** In the order in which references allow to make them. */
  readonly tables: readonly ResourceType[]
  readonly rpc: readonly ModuleRpc[]
  readonly sql: readonly ModuleSql[]
  readonly examples: readonly Examples[]
  readonly leftOut: readonly LeftOut[]
}

interface ModuleDefinition {
  readonly name: string
  readonly version: string
  readonly requires?: readonly string[]
  readonly tables: readonly Table[]
  readonly rpc?: readonly Omit<ModuleRpc, 'module'>[]
  readonly sql?: readonly ModuleSql[]
  readonly examples?: readonly Examples[]
  readonly leftOut?: readonly LeftOut[]
}

/**
 * @example
 * export const awsSqs = defineModule({ name: 'aws_sqs', version: '0.1.0', requires: ['aws_account'], tables: [queue] })
 */
export const defineModule = ({ name, tables, rpc = [], ...rest }: ModuleDefinition): Module => ({
  requires: [],
  sql: [],
  examples: [],
  leftOut: [],
  ...rest,
  name,
  tables: tables.map((table) => ({ ...table, module: name })),
  rpc: rpc.map((definition) => ({ ...definition, module: name })),
})
