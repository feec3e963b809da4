/** The functions inside SQL as the runner sees them: what there is, and how one is run outside any transaction. */
import type { Json, Row } from '#engine/model/json.ts'
import type { Role, RpcDescription } from '#engine/model/rpc.ts'
import type { Registry } from '#modules/registry.ts'
import type { Queryable } from '#postgres/database.ts'
import type { Tenant } from '#postgres/tenant.ts'
import type { Ports } from '../ports.ts'

export interface RpcCall {
  readonly tenant: Tenant
  readonly name: string
  readonly arguments: readonly Json[]
  readonly actor: string
  readonly role: Role
  readonly runId: string
  readonly statement: number
  readonly context: string
  /** Over which the statement came: with the actor it is the session. */
  readonly connectionId?: string | null
  /** Of the runner that asks: what it starts, it starts only while the run is its own. */
  readonly runner?: { readonly runId: string; readonly fence: number }
}

export type RpcAnswer =
  | {
      readonly kind: 'rows'
      readonly rows: readonly Row[]
      readonly notices?: readonly string[]
      /** The work itself is done by `complete`, once the statement that asks has all its rows. */
      readonly isToComplete?: boolean
    }
  | { readonly kind: 'execution'; readonly executionId: string }

/** Stores that the statement counts. */
export type NoteCompletion = (transaction: Queryable) => Promise<void>

export interface RpcCatalogue {
  descriptions(offered: Registry): readonly RpcDescription[]
  call(ports: Ports, call: RpcCall): Promise<RpcAnswer>
  /**
   * Does what the calls of one statement have only looked into, for work that would change the very arguments it is
   * called with: a statement runs again until all its calls are answered. All of it in one transaction with `note`, or
   * nothing and an error. Gives what there is to say.
   */
  complete?(ports: Ports, calls: readonly RpcCall[], note: NoteCompletion): Promise<readonly string[]>
}
