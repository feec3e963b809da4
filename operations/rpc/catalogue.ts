/** The functions inside SQL as the runner sees them: what there is, and how one is run outside any transaction. */
import type { Json, Row } from '#engine/model/json.ts'
import type { Role, RpcDescription } from '#engine/model/rpc.ts'
import type { Registry } from '#modules/registry.ts'
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

export interface RpcCatalogue {
  descriptions(offered: Registry): readonly RpcDescription[]
  call(ports: Ports, call: RpcCall): Promise<RpcAnswer>
  /**
   * Does what `call` has only looked into, for work that would change the very arguments it is called with: a statement
   * runs again until all its calls are answered. Gives what there is to say.
   */
  complete?(ports: Ports, call: RpcCall): Promise<readonly string[]>
}
