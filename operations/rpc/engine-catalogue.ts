/** The functions of the engine and its modules, as the runner asks for them. */
import type { RpcCatalogue } from './catalogue.ts'
import { callRpc, completeRpc, rpcDescriptions } from './registry.ts'

export const engineCatalogue: RpcCatalogue = {
  descriptions: rpcDescriptions,
  call: callRpc,
  complete: completeRpc,
}
