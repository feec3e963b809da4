/** The cloud as one tenant may call it: each account by the roles that were linked, reads by one and writes by the other. */
import { IasqlError } from '#engine/model/error.ts'
import { isRead } from '#engine/throttle/buckets.ts'
import { type LinkedAccount, linkedAccounts } from '#postgres/statements/linked-account.ts'
import type { Tenant } from '#postgres/tenant.ts'
import type { Cloud, Ports } from '../ports.ts'
import { sessionName, type Work } from './session-name.ts'

type Linking = Pick<Ports, 'cloud' | 'accounts' | 'platform' | 'defaults'>

/** Nothing is looked up before the first call; what it gives is to be closed when the work is done. */
export function linkedCloud(ports: Linking, tenant: Tenant, work: Work): Cloud {
  const { accounts, cloud, defaults } = ports
  if (!accounts) return cloud
  if (!cloud.as) {
    if (!accounts.isStrict) return cloud
    throw new IasqlError('system/internal', 'the cloud cannot be called as a linked role')
  }
  const links = once(() => linkedAccounts(ports.platform, tenant))
  const name = sessionName(tenant.alias, work)
  return cloud.as(async ({ place: { accountId }, operation }) => {
    const known = await links()
    const isNamed = accountId !== defaults.accountId || accounts.reachesItself(accountId)
    const link = known.find((one) => one.account_id === accountId) ?? (isNamed ? undefined : known[0])
    if (link) {
      const role = { ...roleOf(link, operation), sessionName: name }
      return { key: role.roleArn, session: () => accounts.session(role).catch(notLetIn(role.roleArn)) }
    }
    if (accounts.reachesItself(accountId)) return undefined
    throw isNamed ? notLinked(`account ${accountId} is not linked`) : notLinked('no account is linked')
  })
}

/** What failed is asked for anew. */
function once<Value>(load: () => Promise<Value>): () => Promise<Value> {
  let loading: Promise<Value> | undefined
  return () => {
    loading ??= load().catch((error: unknown) => {
      loading = undefined
      throw error
    })
    return loading
  }
}

const roleOf = (link: LinkedAccount, operation: string) => ({
  roleArn: isRead(operation) ? link.read_role_arn : (link.write_role_arn ?? link.read_role_arn),
  externalId: link.external_id,
})

const notLinked = (message: string): IasqlError =>
  new IasqlError('cloud/denied', message, {
    hint: 'An owner links one: SELECT * FROM iasql_account_role_template(), then iasql_account_link(role_arn).',
  })

const notLetIn =
  (roleArn: string) =>
  (error: unknown): never => {
    if (!(error instanceof IasqlError) || error.code !== 'cloud/denied') throw error
    throw new IasqlError('cloud/denied', `${roleArn} does not let us in any more: ${error.message}`, {
      hint: 'See whether it is there and trusts the role that SELECT * FROM iasql_account_role_template() names.',
      cause: error,
    })
  }
