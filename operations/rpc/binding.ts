/** The SQL function of an RPC, made from its description: it answers from the stored result, or asks the runner for one. */
import type { RpcArgument, RpcDescription } from '#engine/model/rpc.ts'
import type { Tenant } from '#postgres/tenant.ts'

const quote = (text: string): string => `'${text.replaceAll("'", "''")}'`
const identifier = (name: string): string => `"${name.replaceAll('"', '""')}"`

/** What no user has for an id: it tells an argument that is left out from a NULL that is given. */
const leftOut = "'-9223372036854775808'"

const parameterSql = (argument: RpcArgument, columns: ReadonlySet<string>): string => {
  // PostgreSQL takes no argument named as a result column; such a one is given by its place only.
  const name = columns.has(argument.name) ? '' : `${identifier(argument.name)} `
  const given = argument.refusesNull === undefined ? argument.default : leftOut
  const value = given === undefined ? '' : ` DEFAULT ${given}`
  return `${argument.variadic ? 'VARIADIC ' : ''}${name}${argument.type}${value}`
}

const raise = (sqlstate: string, message: string, hint: string): string =>
  `RAISE EXCEPTION USING ERRCODE = '${sqlstate}', MESSAGE = ${quote(message)}, HINT = ${quote(hint)};`

/** What only functions with effects must not do: their caller's own writes would be rolled back by the fault. */
const effectGuards = (name: string): string => `
  IF pg_trigger_depth() > 0 THEN
    ${raise('25001', `${name}() cannot run in a trigger`, 'Run it as its own statement.')}
  END IF;
  IF pg_current_xact_id_if_assigned() IS NOT NULL
    AND coalesce(current_setting('iasql.own_writes', true), '') <> 'on' THEN
    ${raise('25001', `${name}() cannot run after writes of its own transaction`, 'Run it as its own statement, outside a transaction that has written.')}
  END IF;`

const guards = ({ name, kind }: RpcDescription): string => `
  IF call_context IS NULL THEN
    ${raise('0A000', `${name}() runs only through iasql`, "Send the statement over iasql's socket, for example by: iasql sql.")}
  END IF;
  IF coalesce(current_setting('iasql.block', true), '') = 'on' THEN
    ${raise('25001', `${name}() cannot run inside BEGIN … COMMIT`, 'Run it as its own statement, outside BEGIN … COMMIT.')}
  END IF;${kind === 'read' ? '' : effectGuards(name)}`

/** NULL is taken where it is the default, and nowhere else an argument may be left out. */
const nullGuards = ({ name, arguments: all }: RpcDescription): string =>
  all
    .map(({ name: argument, default: value, refusesNull, secret }, index) => {
      const isTaken = value === 'NULL' || (value === undefined && !secret)
      const hint =
        refusesNull ??
        (isTaken ? undefined : `${secret ? 'Give' : `Leave ${argument} out, or give`} it a value.`)
      if (hint === undefined) return ''
      return `
  IF $${index + 1} IS NULL THEN
    ${raise('22004', `${argument} of ${name}() is NULL`, hint)}
  END IF;`
    })
    .join('')

const argumentSql = (t: string, { refusesNull, secret }: RpcArgument, index: number): string => {
  if (secret) return `${t}.iasql_seal_argument($${index + 1})`
  return refusesNull === undefined ? `$${index + 1}` : `nullif($${index + 1}, ${leftOut})`
}

/** Whether a stored call is this one: by its arguments, or by how long before (or after) its own now() its time is. */
const isSameCall = ({ arguments: all }: RpcDescription): string => {
  // A secret is encrypted anew each time, and not stored: a call with one is the only call of its statement.
  const compared = all.reduce(
    (sql, { secret }, at) => (secret ? `jsonb_set(${sql}, '{${at}}', 'null')` : sql),
    'given',
  )
  const equal = `md5(result.arguments::text) = md5((${compared})::text)`
  const index = all.findIndex(({ isMoment }) => isMoment)
  if (index < 0) return equal
  const isTime = (values: string) => `pg_input_is_valid(${values}->>${index}, 'timestamptz')`
  const distance = (values: string, now: string) => `(${values}->>${index})::timestamptz - ${now}`
  const others = (values: string) => `jsonb_set(${values}, '{${index}}', 'null')`
  return `(${equal} OR ${others('result.arguments')} = ${others('given')} AND CASE
      WHEN ${isTime('result.arguments')} AND ${isTime('given')}
      THEN ${distance('result.arguments', 'result.asked_at')} = ${distance('given', 'now()')} END)`
}

/**
 * What a function does may change its own arguments, where they are read from tables: when the statement runs again, its
 * first call is the one that was answered first, whatever is asked for by now.
 */
const takeFirst = (t: string, { name, kind }: RpcDescription): string => {
  if (kind === 'read') return ''
  const met = `'iasql.met_${name}'`
  return `
  IF found_id IS NULL AND coalesce(current_setting(${met}, true), '') <> 'on' THEN
    SELECT result.result_id, result.error INTO found_id, failure FROM ${t}.iasql_rpc_result result
    WHERE result.context = call_context::uuid AND result.function = ${quote(name)} ORDER BY result.result_id LIMIT 1;
  END IF;
  IF found_id IS NOT NULL THEN
    PERFORM set_config(${met}, 'on', true);
  END IF;`
}

const answer = (t: string, { scalar, columns }: RpcDescription): string => {
  if (scalar !== undefined) {
    return `RETURN (SELECT (SELECT item.value FROM jsonb_each_text(line.body) item LIMIT 1)::${scalar}
    FROM ${t}.iasql_rpc_result_row line WHERE line.result_id = found_id ORDER BY line.ordinal LIMIT 1);`
  }
  const list = columns.map(({ name, type }) => `${identifier(name)} ${type}`).join(', ')
  return `RETURN QUERY SELECT item.* FROM ${t}.iasql_rpc_result_row line
    CROSS JOIN LATERAL jsonb_to_record(line.body) AS item(${list})
    WHERE line.result_id = found_id ORDER BY line.ordinal;`
}

const body = (t: string, description: RpcDescription): string => `
#variable_conflict use_column
DECLARE
  call_context text = nullif(current_setting('iasql.context', true), '');
  given jsonb = jsonb_build_array(${description.arguments.map((argument, index) => argumentSql(t, argument, index)).join(', ')});
  found_id bigint;
  failure jsonb;
BEGIN${guards(description)}${nullGuards(description)}
  SELECT result.result_id, result.error INTO found_id, failure FROM ${t}.iasql_rpc_result result
  WHERE result.context = call_context::uuid AND result.function = ${quote(description.name)}
    AND ${isSameCall(description)};
${takeFirst(t, description)}
  IF found_id IS NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'P0004',
      MESSAGE = 'IASQL_RPC ' || jsonb_build_object('name', ${quote(description.name)}, 'arguments', given, 'at', now())::text;
  END IF;
  IF failure IS NOT NULL THEN
    RAISE EXCEPTION USING ERRCODE = failure->>'sqlstate', MESSAGE = failure->>'message',
      DETAIL = coalesce(failure->>'detail', ''), HINT = coalesce(failure->>'hint', '');
  END IF;
  ${answer(t, description)}
END`

const returns = ({ scalar, columns }: RpcDescription): string =>
  scalar ?? `TABLE (${columns.map(({ name, type }) => `${identifier(name)} ${type}`).join(', ')})`

/**
 * Statements that make, or make anew, the function of one description; to be run as the tenant's owner.
 * It is a definer function, since results belong to the engine, and so pins its search path.
 */
export function rpcFunctionSql(tenant: Tenant, description: RpcDescription): string[] {
  const t = tenant.schema
  const columns = new Set(description.scalar === undefined ? description.columns.map(({ name }) => name) : [])
  const parameters = description.arguments.map((argument) => parameterSql(argument, columns)).join(', ')
  const types = description.arguments.map(({ type }) => type).join(', ')
  const signature = `${t}.${identifier(description.name)}(${types})`
  return [
    `CREATE OR REPLACE FUNCTION ${t}.${identifier(description.name)}(${parameters}) RETURNS ${returns(description)}
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS ${quote(body(t, description))}`,
    `COMMENT ON FUNCTION ${signature} IS ${quote(description.description)}`,
    `REVOKE ALL ON FUNCTION ${signature} FROM PUBLIC`,
    `GRANT EXECUTE ON FUNCTION ${signature} TO ${tenant.readerRole}, ${tenant.writerRole}`,
  ]
}
