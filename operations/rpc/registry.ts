/** The functions inside SQL that are answered here: what there is, who may call it, and where each call goes. */
import { IasqlError } from '#engine/model/error.ts'
import type { Role, RpcDescription } from '#engine/model/rpc.ts'
import type { Registry } from '#modules/registry.ts'
import type { ExecutionKind } from '#postgres/statements/execution-insert.ts'
import { applyArguments } from '../apply/apply-arguments.ts'
import { createExecution } from '../execution/create-execution.ts'
import { explainApply } from '../plan/explain-apply.ts'
import { preview } from '../plan/preview.ts'
import type { Ports } from '../ports.ts'
import { applyWithoutWaiting } from './apply-without-waiting.ts'
import { callModuleRpc } from './call-module-rpc.ts'
import { cancelCall } from './cancel-call.ts'
import type { NoteCompletion, RpcAnswer, RpcCall } from './catalogue.ts'
import { engineRpcs } from './descriptions.ts'
import { adoptCall, completeForget, forgetCall } from './existence-calls.ts'
import { setDefaultAccount, setDefaultRegion } from './set-default.ts'

export const rpcDescriptions = ({ modules }: Registry): readonly RpcDescription[] => [
  ...engineRpcs,
  ...modules.flatMap((module) => module.rpc),
]

type Handler = (ports: Ports, call: RpcCall) => Promise<RpcAnswer>

const asExecution =
  (kind: ExecutionKind): Handler =>
  async (ports, call) => ({ kind: 'execution', executionId: await createFor(ports, call, kind) })

const handlers: Readonly<Record<string, Handler>> = {
  iasql_install: asExecution('install'),
  iasql_uninstall: asExecution('uninstall'),
  iasql_sync: asExecution('sync'),
  async iasql_apply(ports, call) {
    const { isWaiting } = applyArguments(call.arguments)
    return await (isWaiting ? asExecution('apply')(ports, call) : applyWithoutWaiting(ports, call))
  },
  async iasql_preview(ports, { tenant, actor, arguments: [mine] }) {
    const signal = AbortSignal.timeout(ports.defaults.budgetMs)
    return { kind: 'rows', ...(await preview(ports, { tenant, actor, mine: mine === true, signal })) }
  },
  async iasql_explain_apply(ports, { tenant, actor, arguments: [planId] }) {
    const signal = AbortSignal.timeout(ports.defaults.budgetMs)
    const given = typeof planId === 'number' ? planId : null
    return { kind: 'rows', ...(await explainApply(ports, { tenant, actor, planId: given, signal })) }
  },
  iasql_cancel: cancelCall,
  iasql_adopt: adoptCall,
  iasql_forget: forgetCall,
  default_aws_region: setDefaultRegion,
  default_aws_account: setDefaultAccount,
}

const createFor = (ports: Ports, call: RpcCall, kind: ExecutionKind): Promise<string> =>
  createExecution(ports, call.tenant, {
    kind,
    rpc: call.name,
    arguments: call.arguments,
    actor: call.actor,
    runId: call.runId,
    statement: call.statement,
    context: call.context,
    runner: call.runner,
  })

/** Name and arguments come out of a tenant's statement: nothing about them is taken for granted. */
export async function callRpc(ports: Ports, call: RpcCall): Promise<RpcAnswer> {
  const description = rpcDescriptions(await ports.modules()).find(
    (one) => one.name === call.name && one.arguments.length === call.arguments.length,
  )
  if (!description) {
    throw new IasqlError('sql/statement-failed', `there is no function ${call.name} with these arguments`, {
      sqlstate: '42883',
      hint: 'SELECT * FROM iasql_help() lists the functions.',
    })
  }
  if (ranks[call.role] < ranks[description.role]) {
    throw new IasqlError(
      'auth/role',
      `${call.name} needs the role ${description.role}; yours is ${call.role}`,
    )
  }
  const handler = handlers[call.name]
  return await (handler ? handler(ports, call) : callModuleRpc(ports, call))
}

/** Of calls that were answered by `callRpc` before, and may do what they ask. */
export async function completeRpc(
  ports: Ports,
  calls: readonly RpcCall[],
  note: NoteCompletion,
): Promise<readonly string[]> {
  const forgets = calls.filter(({ name }) => name === 'iasql_forget')
  return await completeForget(ports, forgets, note)
}

const ranks: Readonly<Record<Role, number>> = { viewer: 0, editor: 1, operator: 2, owner: 3 }
