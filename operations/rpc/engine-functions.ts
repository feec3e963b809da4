/** SQL of the engine's functions of one tenant, made anew at each start: bindings, and those that are plain SQL. */
import type { RpcDescription } from '#engine/model/rpc.ts'
import type { Registry } from '#modules/registry.ts'
import type { Tenant } from '#postgres/tenant.ts'
import manifest from '../../package.json' with { type: 'json' }
import { rpcFunctionSql } from './binding.ts'
import { engineRpcs } from './descriptions.ts'
import { nativeHelp } from './native-help.ts'

export function engineFunctionsSql(tenant: Tenant, offered: Registry): readonly string[] {
  return [...engineRpcs.flatMap((rpc) => rpcFunctionSql(tenant, rpc)), ...nativeSql(tenant, offered)]
}

const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`

interface NativeFunction {
  readonly name: string
  readonly returns: string
  readonly body: string
}

function nativesOf(t: string, modules: Registry['modules']): readonly NativeFunction[] {
  const listed = modules.map(
    ({ name, version, requires }) =>
      `(${literal(name)}, ${literal(version)}, ${literal(JSON.stringify(requires))}::jsonb)`,
  )
  const columns = 'TABLE (module_name text, module_version text, dependencies jsonb)'
  return [
    {
      name: 'iasql_version',
      returns: 'TABLE (version text)',
      body: `SELECT ${literal(manifest.version)}`,
    },
    { name: 'iasql_modules_list', returns: columns, body: `VALUES ${listed.join(', ')}` },
    {
      name: 'iasql_modules_installed',
      returns: columns,
      body: `SELECT m.name, m.version, coalesce((SELECT jsonb_agg(d.dependency ORDER BY d.dependency)
        FROM ${t}.iasql_dependencies d WHERE d.module = m.name), '[]') FROM ${t}.iasql_module m ORDER BY m.installed_at`,
    },
    {
      name: 'iasql_get_errors',
      returns: 'TABLE (ts timestamptz, message text)',
      body: `SELECT l.ts, l.message FROM ${t}.iasql_audit_log l WHERE l.change_type = 'ERROR'
        ORDER BY l.id DESC LIMIT ${mostErrors}`,
    },
    {
      name: 'iasql_help',
      returns: 'TABLE (module text, name text, signature text, description text, sample_usage text)',
      body: `SELECT * FROM (VALUES ${helpRows(modules).join(', ')}) AS h (module, name, signature, description, sample_usage)
        WHERE h.module = 'iasql' OR h.module IN (SELECT m.name FROM ${t}.iasql_module m)
        UNION ALL ${findersSql(t)} ORDER BY 1, 2, 3`,
    },
  ]
}

function nativeSql(tenant: Tenant, { modules }: Registry): readonly string[] {
  const t = tenant.schema
  return nativesOf(t, modules).flatMap(({ name, returns, body }) => [
    // The body as a plain literal: the Data API would look for parameters between dollar quotes.
    `CREATE OR REPLACE FUNCTION ${t}.${name}() RETURNS ${returns} LANGUAGE sql STABLE
      SET search_path = pg_catalog, pg_temp AS ${literal(body)}`,
    `COMMENT ON FUNCTION ${t}.${name}() IS ${literal(nativeHelp.find((help) => help.name === name)?.description ?? name)}`,
    `REVOKE ALL ON FUNCTION ${t}.${name}() FROM PUBLIC`,
    `GRANT EXECUTE ON FUNCTION ${t}.${name}() TO ${tenant.readerRole}, ${tenant.writerRole}`,
  ])
}

/** As many as people look through. */
const mostErrors = 500

/** One line of help for each table that can be asked by its natural key. */
const findersSql = (schema: string): string => `
  SELECT k.module, p.proname::text, p.proname || '(' || pg_get_function_arguments(p.oid) || ')',
    obj_description(p.oid, 'pg_proc')::jsonb ->> 'description', obj_description(p.oid, 'pg_proc')::jsonb ->> 'sampleUsage'
  FROM ${schema}.iasql_tables k JOIN pg_proc p ON p.proname = 'find_' || k."table"
  WHERE p.pronamespace = ${literal(schema)}::regnamespace`

const helpRows = (modules: Registry['modules']): readonly string[] =>
  [
    ...engineRpcs.map(described),
    ...modules.flatMap((module) => module.rpc.map(described)),
    ...nativeHelp,
  ].map(
    (help) =>
      `(${[help.module, help.name, help.signature, help.description, help.sampleUsage].map(literal).join(', ')})`,
  )

const described = (rpc: RpcDescription) => ({
  module: rpc.module,
  name: rpc.name,
  signature: `${rpc.name}(${rpc.arguments
    .map(({ name, type, default: value, variadic }) =>
      `${variadic ? 'VARIADIC ' : ''}${name} ${type}${value === undefined ? '' : ` DEFAULT ${value}`}`.trim(),
    )
    .join(', ')})`,
  description: rpc.description,
  sampleUsage: rpc.sampleUsage,
})
