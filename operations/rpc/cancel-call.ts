/** `iasql_cancel(execution_id)`. */
import { IasqlError } from '#engine/model/error.ts'
import { cancelExecution } from '../execution/cancel-execution.ts'
import type { Ports } from '../ports.ts'
import type { RpcAnswer, RpcCall } from './catalogue.ts'

export async function cancelCall(ports: Ports, call: RpcCall): Promise<RpcAnswer> {
  const [executionId] = call.arguments
  const state =
    typeof executionId === 'number'
      ? await cancelExecution(ports, call.tenant, String(executionId))
      : undefined
  if (state === undefined) {
    throw new IasqlError('sql/statement-failed', `there is no execution ${JSON.stringify(executionId)}`, {
      sqlstate: 'P0002',
      hint: 'SELECT execution_id, kind, state FROM iasql_execution lists them.',
    })
  }
  return { kind: 'rows', rows: [{ execution_id: executionId ?? null, state }] }
}
