/** A run in the hands of its runner: what every statement of it needs. */
import type { Json } from '#engine/model/json.ts'
import type { Login } from '#postgres/data-api.ts'
import type { ClaimedRun } from '#postgres/statements/run-claim.ts'
import type { Tenant } from '#postgres/tenant.ts'
import type { Ports } from '../ports.ts'
import type { RpcCatalogue } from '../rpc/catalogue.ts'
import type { SchemaCommand } from '../statement/schema-command.ts'
import type { RunLog } from './run-log.ts'
import type { Settings } from './session-settings.ts'
import type { ShownOnce } from './shown-once.ts'
import type { TenantTransaction } from './tenant-transaction.ts'

export interface OpenRun {
  readonly ports: Ports
  readonly tenant: Tenant
  readonly catalogue: RpcCatalogue
  readonly runId: string
  readonly claimed: ClaimedRun
  readonly login: Login
  readonly log: RunLog
  /** Changed by SET, for this run and its connection. */
  settings: Settings
  /** Between BEGIN and COMMIT. */
  block: TransactionBlock | undefined
  /** Resolves when the news of what it has committed has left; the next one waits for it. */
  announced: Promise<void>
  /** Of a statement that waited for an execution and is run again. */
  memory: StatementMemory | undefined
  /** The tenant takes all the room that it may have, as far as is known. */
  isFull: boolean
}

/** What is remembered of a statement over its attempts, also while it waits for an execution. */
export interface StatementMemory {
  /** Under which its results are stored. */
  readonly context: string
  readonly startedAtMs: number
  /** Calls that were answered. */
  readonly answered: string[]
  /** Names of the functions with effects among them. */
  readonly effects: string[]
  /** What the functions had to say. */
  readonly notices: string[]
  /** Calls whose work is done when the statement has all its rows. */
  toComplete?: { readonly name: string; readonly arguments: readonly Json[] }[]
  /** Secrets among what the functions answered. */
  once?: ShownOnce
  /** The execution that the statement waits for. */
  executionId?: string
}

interface Savepoint {
  readonly name: string
  readonly local: Settings
  readonly kept: Settings
  readonly commands: readonly SchemaCommand[]
}

/** Between BEGIN and COMMIT. */
export interface TransactionBlock {
  readonly transaction: TenantTransaction
  /** A statement failed: PostgreSQL ignores everything until the end of the block. */
  isAborted: boolean
  /** The settings of the run are in force; not before SET TRANSACTION, which must come first. */
  isConfigured: boolean
  /** Set within the block, and what of it stays when it commits. */
  local: Settings
  kept: Settings
  /** What it has changed in the tenant's schema. */
  commands: readonly SchemaCommand[]
  /** What there was at each savepoint, for ROLLBACK TO. */
  readonly savepoints: Savepoint[]
  /** Tags of what PREPARE has prepared. */
  readonly prepared: Map<string, string>
}
