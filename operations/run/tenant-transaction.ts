/** One Data API transaction of a tenant's login: the calls a statement is made of. */
import { IasqlError } from '#engine/model/error.ts'
import type { ColumnMetadata, ExecuteResult, Field, Login, Parameter } from '#postgres/data-api.ts'
import { sqlstateOf } from '#postgres/database-error.ts'
import type { Tenant } from '#postgres/tenant.ts'
import type { Ports } from '../ports.ts'
import type { NameCheck } from '../statement/named-objects.ts'
import type { Settings } from './session-settings.ts'

/** A statement as PostgreSQL gets it. */
export interface StatementText {
  readonly text: string
  readonly settings: Settings
  readonly checks: readonly NameCheck[]
}

export interface Notice {
  readonly message: string
  readonly hint: string | null
}

/** What is known of the transaction after its last statement. */
export interface TransactionEnd {
  /** Undefined when nothing was written, so that there is nothing to decide. */
  readonly xid: string | undefined
  readonly notices: readonly Notice[]
}

export interface Executed extends TransactionEnd {
  /** Undefined when there are rows to fetch. */
  readonly affected: number | undefined
  /** Value of the setting asked for. */
  readonly setting: string | undefined
}

export interface Fetched extends TransactionEnd {
  /** Records side by side; the last one may go on in the next answer. */
  readonly text: string
  readonly isFinished: boolean
}

export interface TenantTransaction {
  open(statement: StatementText): Promise<void>
  /** For CALL and EXECUTE, of which only PostgreSQL knows whether they give rows. */
  openOrExecute(statement: StatementText): Promise<Executed>
  execute(statement: StatementText, settingName?: string): Promise<Executed>
  /** Columns of the open result; runs nothing of a query. */
  columns(): Promise<readonly ColumnMetadata[]>
  fetch(maxMs: number): Promise<Fetched>
  /** Closes an open result before its end. */
  close(): Promise<TransactionEnd>
  end(): Promise<TransactionEnd>
  /** Sets settings until the transaction ends. */
  configure(settings: Settings): Promise<void>
  /** A statement of the runner's own making. */
  command(sql: string): Promise<void>
  commit(): Promise<void>
  rollback(): Promise<void>
}

const textOf = (field: Field | undefined): string | undefined =>
  field !== undefined && 'stringValue' in field ? field.stringValue : undefined

const numberOf = (field: Field | undefined): number | undefined =>
  field !== undefined && 'longValue' in field ? field.longValue : undefined

const isTrue = (field: Field | undefined): boolean =>
  field !== undefined && 'booleanValue' in field && field.booleanValue

const text = (name: string, value: string): Parameter => ({ name, value: { stringValue: value } })

const parametersOf = ({ text: statement, settings, checks }: StatementText): readonly Parameter[] => [
  text('statement', statement),
  text('settings', JSON.stringify(settings)),
  text('checks', JSON.stringify(checks)),
]

const endOf = (xid: Field | undefined, notices: Field | undefined): TransactionEnd => ({
  xid: textOf(xid),
  notices: JSON.parse(textOf(notices) ?? '[]') as readonly Notice[],
})

const xid = 'pg_catalog.pg_current_xact_id_if_assigned()::text'
const given = ':statement, :settings::jsonb, :checks::jsonb'

const full = ({ alias, reader }: Tenant, { secret }: Login): IasqlError =>
  new IasqlError(
    'quota/connections',
    `All connections that ${secret === reader.secret ? 'readers' : 'writers'} of ${alias} may have are in use; that is its quota connections.`,
  )

export async function beginTenantTransaction(
  ports: Pick<Ports, 'dataApi'>,
  tenant: Tenant,
  login: Login,
): Promise<TenantTransaction> {
  const { schema: t } = tenant
  const transactionId = await ports.dataApi.begin(login).catch((error: unknown) => {
    throw sqlstateOf(error) === '53300' ? full(tenant, login) : error
  })
  const call = (sql: string, parameters: readonly Parameter[] = [], includeResultMetadata = false) =>
    ports.dataApi.execute({ login, transactionId, sql, parameters, includeResultMetadata })
  const notices = `${t}.iasql_transaction_notices()::text`

  const executed = ({ records: [row] }: ExecuteResult): Executed => ({
    affected: numberOf(row?.[0]),
    setting: textOf(row?.[1]),
    ...endOf(row?.[2], row?.[3]),
  })
  const end = async (): Promise<TransactionEnd> => {
    const { records } = await call(`SELECT ${xid}, ${notices}`)
    return endOf(records[0]?.[0], records[0]?.[1])
  }
  return {
    open: async (statement) => {
      await call(`SELECT ${t}.iasql_open(${given})::text`, parametersOf(statement))
    },
    openOrExecute: async (statement) => {
      const sql = `SELECT n, NULL::text, ${xid}, ${notices} FROM ${t}.iasql_open_or_execute(${given}) AS n`
      return executed(await call(sql, parametersOf(statement)))
    },
    execute: async (statement, settingName) => {
      const setting = settingName === undefined ? 'NULL::text' : 'pg_catalog.current_setting(:setting, true)'
      const sql = `SELECT n, ${setting}, ${xid}, ${notices} FROM ${t}.iasql_execute(${given}) AS n`
      const named = settingName === undefined ? [] : [text('setting', settingName)]
      return executed(await call(sql, [...parametersOf(statement), ...named]))
    },
    columns: async () => (await call('FETCH 0 FROM iasql_result', [], true)).columns ?? [],
    fetch: async (maxMs) => {
      const sql = `SELECT f.body, f.finished, CASE WHEN f.finished AND f.body IS NULL THEN ${xid} END,
        CASE WHEN f.finished AND f.body IS NULL THEN ${notices} END FROM ${t}.iasql_fetch(:maxMs::int) f`
      const { records } = await call(sql, [{ name: 'maxMs', value: { longValue: maxMs } }])
      const last = records.at(-1)
      return {
        text: records.map(([body]) => textOf(body) ?? '').join(''),
        isFinished: isTrue(last?.[1]),
        ...endOf(last?.[2], last?.[3]),
      }
    },
    close: async () => {
      await call('CLOSE iasql_result')
      return end()
    },
    end,
    configure: async (settings) => {
      const parameters = [text('settings', JSON.stringify(settings))]
      await call(`SELECT ${t}.iasql_begin_statement(:settings::jsonb, '[]')::text`, parameters)
    },
    command: async (sql) => {
      await call(sql)
    },
    commit: () => ports.dataApi.commit(login, transactionId),
    rollback: () => ports.dataApi.rollback(login, transactionId),
  }
}
