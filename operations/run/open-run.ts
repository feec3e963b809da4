/** A run in the hands of its runner: what every statement of it needs. */
import type { Login } from '#postgres/data-api.ts'
import type { ClaimedRun } from '#postgres/statements/run-claim.ts'
import type { Tenant } from '#postgres/tenant.ts'
import type { Ports } from '../ports.ts'
import type { RpcCatalogue } from '../rpc/catalogue.ts'
import type { StatementMemory } from './answer-fault.ts'
import type { RunLog } from './run-log.ts'
import type { Settings } from './session-settings.ts'
import type { TransactionBlock } from './transaction-block.ts'

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
  /** Of a statement that waited for an execution and is run again. */
  memory: StatementMemory | undefined
}
