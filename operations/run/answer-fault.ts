/** A statement met a function that asks for its result: the function is run here, outside any transaction. */
import { IasqlError } from '#engine/model/error.ts'
import type { Json, Row } from '#engine/model/json.ts'
import type { RpcDescription } from '#engine/model/rpc.ts'
import { databaseErrorOf } from '#postgres/database-error.ts'
import type { RpcCall } from '../rpc/catalogue.ts'
import { storeRpcResult } from '../rpc/results.ts'
import type { OpenedSecrets } from '../secrets/open-secrets.ts'
import type { Statement } from '../statement/split-statements.ts'
import type { OpenRun, StatementMemory } from './open-run.ts'
import { openArguments, takesSecret, withoutSecretArguments, withoutSecrets } from './secret-arguments.ts'
import { hasSecrets, hideRows, refuseOtherForms } from './shown-once.ts'

export type FaultOutcome =
  | { readonly kind: 'answered' }
  | { readonly kind: 'execution'; readonly executionId: string }

interface Fault {
  readonly name: string
  readonly arguments: readonly Json[]
  readonly at?: string
}

const mark = 'IASQL_RPC '
/** Distinct calls that one statement may make. */
const mostCalls = 100

/** The call that an error asks for; undefined for any other error. Its text is the tenant's word only. */
export function faultOf(error: unknown): Fault | undefined {
  const fields = databaseErrorOf(error)
  if (fields?.sqlstate !== 'P0004' || !fields.message.startsWith(mark)) return undefined
  try {
    const fault = JSON.parse(fields.message.slice(mark.length)) as Partial<Fault>
    const isCall = typeof fault.name === 'string' && Array.isArray(fault.arguments)
    return isCall ? (fault as Fault) : undefined
  } catch {
    return undefined
  }
}

const refusal = (memory: StatementMemory, fault: Fault, hasEffects: boolean): IasqlError | undefined => {
  const call = JSON.stringify([fault.name, fault.arguments])
  if (memory.answered.includes(call)) {
    const message = `${fault.name}() asks again for what it was answered; its call context was changed`
    return new IasqlError('sql/unstable-arguments', message)
  }
  if (memory.answered.length >= mostCalls) {
    const message = `${fault.name}() was called with more than ${mostCalls} different arguments in one statement`
    return new IasqlError('sql/unstable-arguments', message)
  }
  const earlier = memory.effects[0]
  if (!hasEffects || earlier === undefined) return undefined
  const again =
    'Its arguments differ each time, or it is called for several rows: compute them first, or pass an array.'
  const several = 'Run each as its own statement.'
  return new IasqlError(
    'sql/unsupported',
    `one statement runs one function with effects; ${earlier}() has run`,
    {
      hint: earlier === fault.name ? again : several,
    },
  )
}

/** @throws IasqlError when the call is refused; an error of the function itself is stored and raised in SQL. */
export async function answerFault(
  run: OpenRun,
  statement: Pick<Statement, 'index' | 'node'>,
  memory: StatementMemory,
  fault: Fault,
): Promise<FaultOutcome> {
  const described = await descriptionsOf(run, fault)
  if (described.length === 0)
    throw new IasqlError('sql/unsupported', `there is no function ${fault.name}() to run`)
  const hasEffects = described.some(({ kind, changesCloud }) => kind === 'action' || changesCloud === true)
  const secret = described.find((one) => hasSecrets(one) || takesSecret(one))
  const kept = withoutSecretArguments(described.find(takesSecret), fault.arguments)
  const refused =
    refusal(memory, { ...fault, arguments: kept }, hasEffects) ??
    (secret ? refuseOtherForms(statement.node, secret, run.tenant.schema) : undefined)
  if (refused) throw refused
  memory.answered.push(JSON.stringify([fault.name, kept]))
  if (hasEffects) memory.effects.push(fault.name)
  return callFunction(run, statement.index, memory, fault)
}

const descriptionsOf = async (run: OpenRun, { name }: Fault): Promise<readonly RpcDescription[]> =>
  run.catalogue.descriptions(await run.ports.modules()).filter((one) => one.name === name)

export const callOf = (run: OpenRun, statement: number, context: string, fault: Fault): RpcCall => ({
  tenant: run.tenant,
  ...fault,
  actor: run.claimed.actor,
  role: run.claimed.role,
  runId: run.runId,
  statement,
  context,
  connectionId: run.claimed.connection_id,
  runner: { runId: run.runId, fence: run.claimed.fence },
})

async function callFunction(
  run: OpenRun,
  statement: number,
  memory: StatementMemory,
  fault: Fault,
): Promise<FaultOutcome> {
  const { ports, tenant } = run
  const { context, notices } = memory
  const secretive = (await descriptionsOf(run, fault)).find(takesSecret)
  const kept = withoutSecretArguments(secretive, fault.arguments)
  const key = { context, name: fault.name, arguments: kept, askedAt: fault.at }
  let secrets: OpenedSecrets = new Map()
  try {
    const opened = secretive
      ? await openArguments(ports, tenant, secretive, fault.arguments)
      : { ...fault, secrets }
    secrets = opened.secrets
    const call = callOf(run, statement, context, { ...fault, arguments: opened.arguments })
    const answer = await run.catalogue.call(ports, call)
    if (answer.kind === 'execution') return answer
    const rows = await hidden(run, memory, fault, answer.rows)
    await storeRpcResult(ports.platform, tenant, { ...key, rows })
    notices.push(...(answer.notices ?? []))
    if (answer.isToComplete) memory.toComplete = [...(memory.toComplete ?? []), fault]
  } catch (thrown) {
    const error = withoutSecrets(thrown, secrets)
    if (!(error instanceof IasqlError) || error.blame === 'system') throw error
    await storeRpcResult(ports.platform, tenant, { ...key, error })
  }
  return { kind: 'answered' }
}

/** Secrets among the rows are kept beside what is stored, and leave with the rows. */
async function hidden(
  { ports, catalogue }: OpenRun,
  memory: StatementMemory,
  { name }: Fault,
  rows: readonly Row[],
): Promise<readonly Row[]> {
  const described = catalogue.descriptions(await ports.modules()).find((one) => one.name === name)
  if (!described || !hasSecrets(described)) return rows
  memory.once ??= {}
  return await hideRows(ports.cipher, described, rows, memory.once)
}
