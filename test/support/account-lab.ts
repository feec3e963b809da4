/** A tenant on a server that reaches accounts by linked roles only, under a token service that keeps to trust policies. */
import { randomUUID } from 'node:crypto'
import { createCloud } from '#aws/create-cloud.ts'
import { createRoleAccounts } from '#aws/role-accounts.ts'
import type { IasqlError } from '#engine/model/error.ts'
import type { Json, Row } from '#engine/model/json.ts'
import type { RpcAnswer } from '#operations/rpc/catalogue.ts'
import { callRpc } from '#operations/rpc/registry.ts'
import { atTenant } from '#operations/tenant/cell.ts'
import type { Tenant } from '#postgres/tenant.ts'
import { type StrictSts, startStrictSts, trusting } from './strict-sts.ts'
import { openTenantLab, type TenantLab } from './tenant-lab.ts'
import { startWatchedEndpoint, type WatchedEndpoint } from './watched-endpoint.ts'

export const platformRole = 'arn:aws:iam::111111111111:role/iasql-platform'
const functionRole = 'arn:aws:iam::111111111111:role/iasql-step-execution'

export interface AccountLab extends TenantLab {
  readonly sts: StrictSts
  readonly endpoint: string
  readonly wire: WatchedEndpoint
  /** What roles of the tenant demand. */
  externalId(tenant?: Tenant): Promise<string>
  /** Makes the role, trusting us by the tenant's identifier, and gives its ARN. */
  role(accountId: string, name: string): Promise<string>
  /** The whole answer, notices too. */
  answer(name: string, given: readonly Json[], tenant?: Tenant): Promise<RpcAnswer & { kind: 'rows' }>
  refusal(name: string, given: readonly Json[]): Promise<IasqlError>
  /** Links the account by two roles. */
  link(accountId: string): Promise<Row>
}

export async function openAccountLab(): Promise<AccountLab> {
  const sts = await startStrictSts()
  const wire = await startWatchedEndpoint()
  sts.callers.set('AKIAFUNCTION', functionRole)
  sts.roles.set(platformRole, trusting(functionRole))
  const accounts = createRoleAccounts({
    profile: 'aws',
    region: 'us-east-1',
    endpoint: sts.url,
    credentials: { accessKeyId: 'AKIAFUNCTION', secretAccessKey: 'secret' },
    platformRole,
    principal: platformRole,
  })
  const cloud = createCloud({ profile: 'emulator', endpoint: wire.url })
  const lab = await openTenantLab({ accounts, wrapCloud: () => cloud })
  wire.target = lab.endpoint
  const answer = async (name: string, given: readonly Json[], tenant = lab.tenant) => {
    const request = { tenant, name, arguments: given, actor: 'ann', role: 'owner', statement: 0 } as const
    const { ports } = await atTenant(lab.whole, tenant.id)
    const answered = await callRpc(ports, { ...request, runId: randomUUID(), context: randomUUID() })
    if (answered.kind !== 'rows') throw new Error(`${name} became an execution`)
    return answered
  }
  const externalId = async (tenant = lab.tenant): Promise<string> => {
    const { rows } = await answer('iasql_account_role_template', ['read'], tenant)
    return /"sts:ExternalId": "([^"]+)"/.exec(String(rows[0]?.template))?.[1] ?? ''
  }
  const role = async (accountId: string, name: string): Promise<string> => {
    const arn = `arn:aws:iam::${accountId}:role/${name}`
    sts.roles.set(arn, trusting(platformRole, await externalId()))
    return arn
  }
  return {
    ...lab,
    sts,
    wire,
    externalId,
    role,
    answer,
    refusal: (name, given) =>
      answer(name, given).then(
        () => Promise.reject(new Error(`${name} was not refused`)),
        (error: IasqlError) => error,
      ),
    async link(accountId) {
      const arns = [await role(accountId, 'iasql-local-read'), await role(accountId, 'iasql-local-write')]
      const { rows } = await answer('iasql_account_link', [...arns, null])
      return rows[0] ?? {}
    },
    async close() {
      cloud.close()
      accounts.close()
      await Promise.all([lab.close(), sts.stop(), wire.stop()])
    },
  }
}
