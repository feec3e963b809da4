/** The functions inside SQL that are answered here: what there is, who may call it, and where each call goes. */
import { IasqlError } from '#engine/model/error.ts'
import type { Role, RpcDescription } from '#engine/model/rpc.ts'
import type { Registry } from '#modules/registry.ts'
import { authored } from '#postgres/authored-database.ts'
import type { ExecutionKind } from '#postgres/statements/execution-insert.ts'
import { linkAccount } from '../accounts/link-account.ts'
import { linkedCloud } from '../accounts/linked-cloud.ts'
import { templateCall } from '../accounts/template-call.ts'
import { unlinkAccount } from '../accounts/unlink-account.ts'
import { applyArguments } from '../apply/apply-arguments.ts'
import { createExecution } from '../execution/create-execution.ts'
import { createReview } from '../history/create-review.ts'
import { setSetting } from '../history/set-setting.ts'
import { sqlForTransaction, sqlSince } from '../history/sql-calls.ts'
import { addMember, removeMember } from '../people/member-calls.ts'
import { createToken, revokeToken } from '../people/token-calls.ts'
import { explainApply } from '../plan/explain-apply.ts'
import { preview } from '../plan/preview.ts'
import type { Ports } from '../ports.ts'
import { beginTransaction } from '../transaction/begin-transaction.ts'
import { commitCall } from '../transaction/commit-call.ts'
import { revertCall } from '../transaction/revert.ts'
import { rollBackCall } from '../transaction/roll-back.ts'
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

/** Called so seldom that no function reads them when it starts. */
const tenantCalls = () => import('../tenant/tenant-calls.ts')

const handlers: Readonly<Record<string, Handler>> = {
  iasql_install: asExecution('install'),
  iasql_uninstall: asExecution('uninstall'),
  iasql_sync: asExecution('sync'),
  async iasql_apply(ports, call) {
    const { isWaiting } = applyArguments(call.arguments)
    return await (isWaiting ? asExecution('apply')(ports, call) : applyWithoutWaiting(ports, call))
  },
  async iasql_preview(ports, { tenant, actor, connectionId, arguments: [mine] }) {
    const signal = AbortSignal.timeout(ports.defaults.budgetMs)
    const request = { tenant, actor, connectionId, mine: mine === true, signal }
    return { kind: 'rows', ...(await preview(ports, request)) }
  },
  async iasql_explain_apply(ports, { tenant, actor, connectionId, arguments: [planId] }) {
    const signal = AbortSignal.timeout(ports.defaults.budgetMs)
    const given = typeof planId === 'number' ? planId : null
    return {
      kind: 'rows',
      ...(await explainApply(ports, { tenant, actor, connectionId, planId: given, signal })),
    }
  },
  iasql_begin: beginTransaction,
  iasql_commit: commitCall,
  iasql_rollback: rollBackCall,
  iasql_revert: revertCall,
  iasql_cancel: cancelCall,
  iasql_adopt: adoptCall,
  iasql_forget: forgetCall,
  iasql_get_sql_since: sqlSince,
  iasql_get_sql_for_transaction: sqlForTransaction,
  iasql_create_review: createReview,
  iasql_set: setSetting,
  iasql_account_link: linkAccount,
  iasql_account_unlink: unlinkAccount,
  iasql_account_role_template: templateCall,
  iasql_member_add: addMember,
  iasql_member_remove: removeMember,
  iasql_token_create: createToken,
  iasql_token_revoke: revokeToken,
  iasql_connect: async (ports, call) => (await import('../tenant/connect-call.ts')).connectCall(ports, call),
  iasql_disconnect: async (ports, call) => (await tenantCalls()).disconnectCall(ports, call),
  iasql_db_list: async (ports, call) => (await tenantCalls()).listCall(ports, call),
  iasql_tenant_suspend: async (ports, call) => (await tenantCalls()).suspendCall(ports, call),
  iasql_tenant_quota: async (ports, call) => (await tenantCalls()).quotaCall(ports, call),
  iasql_tenant_move: async (ports, call) => (await import('../move/move-call.ts')).moveCall(ports, call),
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
    connectionId: call.connectionId,
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
  const handler = handlers[call.name] ?? callModuleRpc
  const callers = portsOf(ports, call)
  try {
    return await handler(callers, call)
  } finally {
    closeCloud(ports, callers)
  }
}

/** Of calls that were answered by `callRpc` before, and may do what they ask. */
export async function completeRpc(
  ports: Ports,
  calls: readonly RpcCall[],
  note: NoteCompletion,
): Promise<readonly string[]> {
  const forgets = calls.filter(({ name }) => name === 'iasql_forget')
  const [first] = forgets
  if (!first) return []
  const callers = portsOf(ports, first)
  try {
    return await completeForget(callers, forgets, note)
  } finally {
    closeCloud(ports, callers)
  }
}

/** What is written is the caller's doing, and what is called in the cloud is called as the tenant may. */
const portsOf = (ports: Ports, call: RpcCall): Ports => ({
  ...ports,
  platform: authored(ports.platform, { actor: call.actor }),
  ...(ports.directory ? { directory: authored(ports.directory, { actor: call.actor }) } : {}),
  cellDatabase: (name) => authored(ports.cellDatabase(name), { actor: call.actor }),
  cloud: linkedCloud(ports, call.tenant, call),
})

const closeCloud = ({ cloud }: Ports, { cloud: callers }: Ports): void => {
  if (callers !== cloud) callers.close?.()
}

const ranks: Readonly<Record<Role, number>> = { viewer: 0, editor: 1, operator: 2, owner: 3 }
