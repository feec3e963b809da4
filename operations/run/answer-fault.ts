/** A statement met a function that asks for its result: the function is run here, outside any transaction. */
import { IasqlError } from '#engine/model/error.ts'
import type { Json, Row } from '#engine/model/json.ts'
import { databaseErrorOf } from '#postgres/database-error.ts'
import type { RpcCall } from '../rpc/catalogue.ts'
import { storeRpcResult } from '../rpc/results.ts'
import type { Statement } from '../statement/split-statements.ts'
import type { OpenRun, StatementMemory } from './open-run.ts'
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
  const described = run.catalogue
    .descriptions(await run.ports.modules())
    .filter(({ name }) => name === fault.name)
  if (described.length === 0)
    throw new IasqlError('sql/unsupported', `there is no function ${fault.name}() to run`)
  const hasEffects = described.some(({ kind, changesCloud }) => kind === 'action' || changesCloud === true)
  const secret = described.find(hasSecrets)
  const refused =
    refusal(memory, fault, hasEffects) ??
    (secret ? refuseOtherForms(statement.node, secret, run.tenant.schema) : undefined)
  if (refused) throw refused
  memory.answered.push(JSON.stringify([fault.name, fault.arguments]))
  if (hasEffects) memory.effects.push(fault.name)
  return callFunction(run, statement.index, memory, fault)
}

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
  const key = { context, name: fault.name, arguments: fault.arguments, askedAt: fault.at }
  try {
    const answer = await run.catalogue.call(ports, callOf(run, statement, context, fault))
    if (answer.kind === 'execution') return answer
    const rows = await hidden(run, memory, fault, answer.rows)
    await storeRpcResult(ports.platform, tenant, { ...key, rows })
    notices.push(...(answer.notices ?? []))
    if (answer.isToComplete) memory.toComplete = [...(memory.toComplete ?? []), fault]
  } catch (error) {
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
