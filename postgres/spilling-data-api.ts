/** What does not fit one request goes ahead of it, in pieces, into a temporary table: a change of one row may hold a row's values several times. */
import { randomUUID } from 'node:crypto'
import {
  type DataApi,
  dataApiLimits,
  type ExecuteRequest,
  type ExecuteResult,
  type Parameter,
} from './data-api.ts'
import { withParameter } from './named-parameters.ts'
import { pieces } from './pieces.ts'
import { bytesOfRequest } from './request-size.ts'

/** Half of the limit: JSON may escape a text once more on its way. */
const mostBytes = dataApiLimits.requestBytes / 2
/** Texts above it are sent ahead, in pieces of so many characters. */
const pieceLength = 250_000

/** For logins that may make temporary tables. */
export const spillingDataApi = (dataApi: DataApi): DataApi => ({
  begin: (login) => dataApi.begin(login),
  commit: (login, transactionId) => dataApi.commit(login, transactionId),
  rollback: (login, transactionId) => dataApi.rollback(login, transactionId),
  async execute(request) {
    if (bytesOfRequest(request) <= mostBytes) return await dataApi.execute(request)
    const { login, transactionId } = request
    if (transactionId !== undefined) return await spill(dataApi, { ...request, transactionId })
    const own = await dataApi.begin(login)
    try {
      const result = await spill(dataApi, { ...request, transactionId: own })
      await dataApi.commit(login, own)
      return result
    } catch (error) {
      // What failed first is what matters; a transaction that is gone was rolled back by that.
      await dataApi.rollback(login, own).catch(() => undefined)
      throw error
    }
  },
})

type InTransaction = ExecuteRequest & { readonly transactionId: string }

async function spill(dataApi: DataApi, request: InTransaction): Promise<ExecuteResult> {
  const { login, transactionId, parameters = [] } = request
  const where = { login, transactionId }
  await dataApi.execute({
    ...where,
    sql: 'CREATE TEMPORARY TABLE IF NOT EXISTS iasql_piece (text_id text, part int, body text) ON COMMIT DROP',
  })
  let { sql } = request
  const short: Parameter[] = []
  for (const parameter of parameters) {
    const { name, value, typeHint } = parameter
    if (!('stringValue' in value) || value.stringValue.length <= pieceLength) {
      short.push(parameter)
      continue
    }
    const textId = randomUUID()
    for (const [part, body] of pieces(value.stringValue, pieceLength).entries()) {
      await dataApi.execute({
        ...where,
        sql: 'INSERT INTO pg_temp.iasql_piece VALUES (:textId, :part, :body)',
        parameters: [
          { name: 'textId', value: { stringValue: textId } },
          { name: 'part', value: { longValue: part } },
          { name: 'body', value: { stringValue: body } },
        ],
      })
    }
    const whole = `(SELECT string_agg(body, '' ORDER BY part) FROM pg_temp.iasql_piece WHERE text_id = :${name})`
    sql = withParameter(sql, name, typeHint === 'JSON' ? `${whole}::jsonb` : whole)
    short.push({ name, value: { stringValue: textId } })
  }
  return await dataApi.execute({ ...request, sql, parameters: short })
}
