/** A failed statement as its user sees it: PostgreSQL's own words, the position in what was sent, and what to do next. */
import { violationHint } from '#engine/ddl/violation-hint.ts'
import { type ErrorCode, errorKinds } from '#engine/model/error.ts'
import { tableLookup } from '#engine/plan/resource.ts'
import { DataApiError } from '#postgres/data-api.ts'
import { type DatabaseErrorFields, databaseErrorOf } from '#postgres/database-error.ts'
import { findRpcError } from '#postgres/statements/rpc-result.ts'
import type { WireError } from '#websocket/messages.ts'
import { wireError } from '../connection/wire-error.ts'
import { hideLiterals } from '../secrets/hide-literals.ts'
import type { Statement } from '../statement/split-statements.ts'
import { elsewhereHint } from './elsewhere-hint.ts'
import { checkCancelled } from './keep-run.ts'
import type { OpenRun, StatementMemory } from './open-run.ts'
import { isRefusedGrowth } from './refuse-growth.ts'
import { rightHint } from './right-hint.ts'
import { takesSecret } from './secret-arguments.ts'

export interface FailedStatement {
  readonly statement: Statement
  /** As PostgreSQL got it. */
  readonly text: string
  readonly prefixLength: number
  readonly memory: StatementMemory | undefined
}

const withKind = (code: ErrorCode, message: string): WireError => {
  const { sqlstate, hint } = errorKinds[code]
  return { code, sqlstate, message, hint }
}

const limitErrors: Partial<Record<DataApiError['fault'], () => WireError>> = {
  'statement-timeout': () => withKind('sql/timeout', 'canceling statement due to statement timeout'),
  'row-too-large': () => withKind('sql/row-too-large', 'a row is too large'),
  'result-too-large': () => withKind('sql/row-too-large', 'a result is too large'),
  'request-too-large': () => withKind('protocol/too-large', 'the statement is too large'),
  'transaction-not-found': () => ({
    ...withKind('sql/timeout', 'the transaction has ended: it was idle or open for too long'),
    hint: 'A transaction may be idle for 3 minutes; make it shorter.',
  }),
}

/** Position in the whole text, in characters, of an error inside the statement that a function executed. */
const positionOf = (fields: DatabaseErrorFields, failed: FailedStatement): number | undefined => {
  if (fields.internalPosition === undefined || fields.internalQuery !== failed.text) return undefined
  const own = fields.internalPosition - failed.prefixLength
  return own > 0 ? failed.statement.charactersBefore + own : undefined
}

const schemaHint = ({ tenant }: OpenRun, { message, sqlstate }: DatabaseErrorFields): string | undefined =>
  sqlstate === '42501' && message.includes(`schema ${tenant.schema}`)
    ? `Make your own objects in schema ${tenant.userSchema}: name it.`
    : undefined

const codeOf = (fields: DatabaseErrorFields, isCancelled: boolean): ErrorCode => {
  if (fields.sqlstate === '57014') return isCancelled ? 'sql/cancelled' : 'sql/timeout'
  return fields.sqlstate === '54000' && fields.message.startsWith('row is too large')
    ? 'sql/row-too-large'
    : 'sql/statement-failed'
}

const databaseWireError = async (
  run: OpenRun,
  fields: DatabaseErrorFields,
  failed: FailedStatement,
): Promise<WireError> => {
  const { modules } = await run.ports.modules()
  const code = isRefusedGrowth(run, fields.sqlstate) ? 'quota/size' : codeOf(fields, run.log.isCancelled())
  const lookup = tableLookup(modules.flatMap(({ tables }) => tables))
  const hint =
    fields.hint ??
    schemaHint(run, fields) ??
    rightHint(run, fields, failed.text) ??
    (await elsewhereHint(run.ports.platform, run.tenant, fields, lookup)) ??
    violationHint(fields, lookup) ??
    (code === 'sql/statement-failed' ? undefined : errorKinds[code].hint)
  const position = positionOf(fields, failed)
  return {
    code,
    sqlstate: code === 'quota/size' ? errorKinds[code].sqlstate : fields.sqlstate,
    message: fields.message,
    ...(fields.detail ? { detail: fields.detail } : {}),
    ...(hint ? { hint } : {}),
    ...(position === undefined ? {} : { position }),
  }
}

interface FunctionError {
  readonly error: WireError
  /** It has gone through `withoutSecrets`, and its statement has no values but those of the call. */
  readonly isClean: boolean
}

/** An error that a function ended with has more to it than SQL can raise: its code and AWS's request id. */
async function functionError(
  run: OpenRun,
  error: WireError,
  memory: StatementMemory | undefined,
): Promise<FunctionError | undefined> {
  if (!memory || memory.answered.length === 0) return undefined
  const stored = await findRpcError(run.ports.platform, run.tenant, memory.context, error.message)
  if (!stored) return undefined
  const { code, awsRequestId } = stored.error as {
    readonly code: string
    readonly awsRequestId: string | null
  }
  const described = run.catalogue.descriptions(await run.ports.modules())
  return {
    error: { ...error, code, ...(awsRequestId === null ? {} : { awsRequestId }) },
    isClean: described.some((one) => one.name === stored.name && takesSecret(one)),
  }
}

function withEffects(error: WireError, memory: StatementMemory | undefined): WireError {
  if (!memory || memory.effects.length === 0) return error
  const note = `${memory.effects.join(', ')} ran before the statement failed; what it did in the cloud stays (result ${memory.context}).`
  return { ...error, detail: error.detail ? `${error.detail}\n${note}` : note }
}

export async function statementError(
  run: OpenRun,
  error: unknown,
  failed: FailedStatement,
): Promise<WireError> {
  const limit = error instanceof DataApiError ? limitErrors[error.fault]?.() : undefined
  const fields = databaseErrorOf(error)
  // Whoever interrupted the statement has said so on the run before; the last heartbeat was earlier.
  if (fields?.sqlstate === '57014') await checkCancelled(run)
  const quoted =
    limit ?? (fields ? await databaseWireError(run, fields, failed) : wireError(error, run.ports.log))
  const { modules } = await run.ports.modules()
  const lookup = tableLookup(modules.flatMap(({ tables }) => tables))
  // By what PostgreSQL says, before any of it is hidden.
  const own = await functionError(run, quoted, failed.memory)
  if (own?.isClean) return own.error
  const told = own?.error ?? quoted
  const wire = await hideLiterals(run.ports, run.tenant, told, { ...failed.statement, lookup })
  return own ? wire : withEffects(wire, failed.memory)
}
