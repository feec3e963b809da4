/** Which requests a rule is for: a column for each kind of condition, all of which must hold. */
import type { RuleCondition } from '@aws-sdk/client-elastic-load-balancing-v2'
import { type Json, type JsonObject, jsonDocument, type Resolved, type RowOf, set } from '../kit/index.ts'

const clearable = { clearable: true } as const

export const conditionColumns = {
  host_headers: set('Host is one of these; * and ? stand for anything.', clearable),
  host_regexes: set('Instead of host_headers: host matches one of these regular expressions.', clearable),
  path_patterns: set('Path is one of these; * and ? stand for anything.', clearable),
  path_regexes: set('Instead of path_patterns: path matches one of these regular expressions.', clearable),
  http_request_methods: set('Method is one of these.', clearable),
  source_ips: set('Client is in one of these networks.', clearable),
  http_headers: jsonDocument('Headers and the values that each may have: {"X-Stage": ["trial"]}.', clearable),
  query_strings: set('Query has one of these: "page=1", or "1" for any name.', clearable),
}

export const conditionChecks = [
  {
    sql: 'coalesce(host_headers, host_regexes, path_patterns, path_regexes, http_request_methods, source_ips, http_headers, query_strings) IS NOT NULL',
    message: 'a rule needs a condition',
  },
  {
    sql: '(host_headers IS NULL OR host_regexes IS NULL) AND (path_patterns IS NULL OR path_regexes IS NULL)',
    message: 'a rule goes by host_headers or host_regexes, and by path_patterns or path_regexes',
  },
]

type ConditionRow = RowOf<typeof conditionColumns>

const fields = {
  host_headers: 'host-header',
  path_patterns: 'path-pattern',
  http_request_methods: 'http-request-method',
  source_ips: 'source-ip',
  query_strings: 'query-string',
} as const

const pairOf = (text: string) => {
  const at = text.indexOf('=')
  return at < 0 ? { Value: text } : { Key: text.slice(0, at), Value: text.slice(at + 1) }
}

export function conditionsOf(want: Resolved<ConditionRow>): RuleCondition[] {
  const values = (list: readonly string[]) => ({ Values: [...list] })
  const matching = (list: readonly string[]) => ({ RegexValues: [...list] })
  const { host_headers, path_patterns, http_request_methods, source_ips, query_strings, http_headers } = want
  const { host_regexes, path_regexes } = want
  return [
    ...(host_headers ? [{ Field: fields.host_headers, HostHeaderConfig: values(host_headers) }] : []),
    ...(host_regexes ? [{ Field: fields.host_headers, HostHeaderConfig: matching(host_regexes) }] : []),
    ...(path_patterns ? [{ Field: fields.path_patterns, PathPatternConfig: values(path_patterns) }] : []),
    ...(path_regexes ? [{ Field: fields.path_patterns, PathPatternConfig: matching(path_regexes) }] : []),
    ...(http_request_methods
      ? [{ Field: fields.http_request_methods, HttpRequestMethodConfig: values(http_request_methods) }]
      : []),
    ...(source_ips ? [{ Field: fields.source_ips, SourceIpConfig: values(source_ips) }] : []),
    ...(query_strings
      ? [{ Field: fields.query_strings, QueryStringConfig: { Values: query_strings.map(pairOf) } }]
      : []),
    ...Object.entries((http_headers ?? {}) as JsonObject).map(([HttpHeaderName, list]) => ({
      Field: 'http-header',
      HttpHeaderConfig: { HttpHeaderName, Values: [list as Json].flat() as string[] },
    })),
  ]
}

/** Older rules have their values beside the kind instead of below it. */
export function conditionRow(conditions: readonly RuleCondition[] | undefined): ConditionRow {
  const find = (field: string) => conditions?.find(({ Field }) => Field === field)
  const listed = (condition: RuleCondition | undefined, values: readonly string[] | undefined) =>
    condition ? (values ?? condition.Values ?? []) : null
  const matched = (values: readonly string[] | undefined) => (values?.length ? values : null)
  const [host, path] = [find(fields.host_headers), find(fields.path_patterns)]
  const [method, source] = [find(fields.http_request_methods), find(fields.source_ips)]
  const query = find(fields.query_strings)?.QueryStringConfig?.Values
  const headers = (conditions ?? []).flatMap(({ HttpHeaderConfig: header }) =>
    header?.HttpHeaderName ? [[header.HttpHeaderName, header.Values ?? []] as const] : [],
  )
  const host_regexes = matched(host?.HostHeaderConfig?.RegexValues)
  const path_regexes = matched(path?.PathPatternConfig?.RegexValues)
  return {
    host_headers: host_regexes ? null : listed(host, host?.HostHeaderConfig?.Values),
    host_regexes,
    path_patterns: path_regexes ? null : listed(path, path?.PathPatternConfig?.Values),
    path_regexes,
    http_request_methods: listed(method, method?.HttpRequestMethodConfig?.Values),
    source_ips: listed(source, source?.SourceIpConfig?.Values),
    http_headers: headers.length > 0 ? Object.fromEntries(headers) : null,
    query_strings: query ? query.map(({ Key, Value = '' }) => (Key ? `${Key}=${Value}` : Value)) : null,
  }
}
