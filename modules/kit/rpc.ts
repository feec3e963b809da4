/** A function inside SQL that a module offers: typed arguments, typed result columns, a handler. */
import type { CloudApi, Place } from '#engine/model/cloud.ts'
import type { Json, Row } from '#engine/model/json.ts'
import type { RpcDescription } from '#engine/model/rpc.ts'
import type { Need } from './examples.ts'
import type { SdkClientClass } from './mapper.ts'

export interface RpcContext {
  /** Account and region the call is for: the argument named `region`, else the tenant's default. */
  readonly place: Place
  readonly cloud: CloudApi
}

export interface ModuleRpc extends RpcDescription {
  readonly client: SdkClientClass
  /** Exactly the SDK operations it calls. */
  readonly operations: readonly string[]
  /** Tables to sync once it is done, unqualified. */
  readonly syncs: readonly string[]
  /** Rows that the sample usage is about; the documentation makes them first. */
  readonly needs?: Readonly<Record<string, Need>>
  handler(values: Readonly<Record<string, Json>>, context: RpcContext): Promise<readonly Row[]>
}

/** Failures are thrown IasqlErrors, never a status column. */
export const defineRpc = (rpc: Omit<ModuleRpc, 'module'>): Omit<ModuleRpc, 'module'> => rpc
