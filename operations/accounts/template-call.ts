/** `iasql_account_role_template(access?)`: the roles that what is installed needs. */
import { installedModules } from '#postgres/statements/module-installed.ts'
import type { Tenant } from '#postgres/tenant.ts'
import { serviceOf } from '../limits/limited-cloud.ts'
import type { Ports } from '../ports.ts'
import type { RpcAnswer, RpcCall } from '../rpc/catalogue.ts'
import { refusal } from '../rpc/refusal.ts'
import { externalIdOf, principalOf } from './external-ids.ts'
import { type Access, type CalledOperation, roleTemplate } from './role-template.ts'

const accesses: readonly Access[] = ['read', 'write', 'both']

export async function templateCall(ports: Ports, { tenant, arguments: given }: RpcCall): Promise<RpcAnswer> {
  const access = accesses.find((one) => one === (given[0] ?? 'both'))
  if (!access)
    throw refusal(
      '22023',
      `there is no access ${String(given[0])}`,
      'It is read, write or both: SELECT * FROM iasql_account_role_template().',
    )
  const template = roleTemplate({
    access,
    alias: tenant.alias,
    principal: principalOf(ports),
    externalId: await externalIdOf(ports, tenant),
    calls: [...productCalls, ...(await installedCalls(ports, tenant))],
  })
  return { kind: 'rows', rows: [{ template: JSON.stringify(template, null, 1) }] }
}

/** What no module asks for: who made a change that drifted. */
export const productCalls: readonly CalledOperation[] = [{ service: 'CloudTrail', operation: 'LookupEvents' }]

/** By the declarations of mappers and functions, which the conformance tests hold against the calls that are made. */
export async function installedCalls(
  { platform, modules }: Pick<Ports, 'platform' | 'modules'>,
  tenant: Tenant,
): Promise<readonly CalledOperation[]> {
  const { findModule } = await modules()
  const installed = (await installedModules(platform, tenant)).flatMap(({ name }) => findModule(name) ?? [])
  const callers = installed.flatMap(({ tables, rpc }) => [
    ...tables.flatMap(({ mapper }) => mapper ?? []),
    ...rpc,
  ])
  return callers.flatMap(({ client, operations }) => {
    const service = serviceOf(client)
    return operations.map((operation) => ({ service, operation }))
  })
}
