/** `iasql_account_link(role_arn, write_role_arn?, alias?)`: a role is taken only when it is proven to let in nobody else. */
import type { RoleSession } from '#aws/role-sessions.ts'
import type { IasqlError } from '#engine/model/error.ts'
import type { Json } from '#engine/model/json.ts'
import type { Mapper } from '#modules/kit/index.ts'
import type { Database } from '#postgres/database.ts'
import { databaseErrorOf } from '#postgres/database-error.ts'
import { type AccountRow, putAccountRow } from '#postgres/statements/account-row.ts'
import {
  deleteLinkedAccount,
  insertLinkedAccount,
  insertLinkedRoles,
  isRoleTaken,
  type LinkedAccount,
  linkedAccounts,
  type NewLink,
} from '#postgres/statements/linked-account.ts'
import { accountsAndRegions } from '#postgres/statements/place-list.ts'
import type { Ports } from '../ports.ts'
import type { RpcAnswer, RpcCall } from '../rpc/catalogue.ts'
import { refusal } from '../rpc/refusal.ts'
import { directoryOf } from '../tenant/cell.ts'
import { externalIdOf } from './external-ids.ts'
import { proveTrust } from './prove-trust.ts'
import { type RoleArn, roleArnOf } from './role-arn.ts'
import { sessionName } from './session-name.ts'

interface Linking {
  readonly read: RoleArn
  readonly write: RoleArn | null
  readonly alias: string | null
}

const callMs = 30_000

export async function linkAccount(ports: Ports, call: RpcCall): Promise<RpcAnswer> {
  const { tenant, actor } = call
  const { accounts } = ports
  if (!accounts)
    throw refusal('0A000', 'this server links no accounts', 'It uses its own credentials everywhere.')
  const linking = linkingOf(call.arguments)
  const { read, write, alias } = linking
  const roles = write === null ? [read] : [read, write]
  await refuseTaken(ports, call, linking)
  const externalId = await externalIdOf(ports, tenant)
  const proving = { externalId, sessionName: sessionName(tenant.alias, call) }
  const proven = []
  for (const role of roles) proven.push(await proveTrust(accounts, role, proving))
  await refuseMissingRegions(ports, call, { accountId: read.accountId, session: proven[0]?.session })
  const row = await store(ports, call, {
    account_id: read.accountId,
    alias,
    read_role_arn: read.arn,
    write_role_arn: write?.arn ?? null,
    external_id: externalId,
    by: actor,
  })
  const isProven = proven.every((one) => one.isProven)
  const trust = isProven ? 'proven' : 'not provable'
  return { kind: 'rows', rows: [{ ...row, trust }], notices: noticesOf(linking, isProven) }
}

function linkingOf([given, givenWrite, givenAlias]: readonly Json[]): Linking {
  const read = roleArnOf(given, 'role_arn')
  const write = typeof givenWrite === 'string' ? roleArnOf(givenWrite, 'write_role_arn') : null
  if (write && write.accountId !== read.accountId)
    throw refusal(
      '22023',
      `the roles are of two accounts, ${read.accountId} and ${write.accountId}`,
      'Link one account after the other, each with its own roles.',
    )
  const alias = typeof givenAlias === 'string' ? givenAlias.trim() : ''
  if (alias.length > 63 || /\p{Cc}/u.test(alias))
    throw refusal('22023', 'this is no alias of an account', 'Give up to 63 characters, such as production.')
  return { read, write: write?.arn === read.arn ? null : write, alias: alias === '' ? null : alias }
}

async function refuseTaken(ports: Ports, { tenant }: RpcCall, { read, write }: Linking): Promise<void> {
  const linked = await linkedAccounts(ports.platform, tenant)
  if (linked.some((one) => one.account_id === read.accountId)) throw linkedAlready(read.accountId)
  const roleArns = write === null ? [read.arn] : [read.arn, write.arn]
  if (await isRoleTaken(directoryOf(ports), { tenantId: tenant.id, roleArns })) throw taken()
}

const linkedAlready = (accountId: string): IasqlError =>
  refusal(
    '42710',
    `account ${accountId} is linked already`,
    `To give it other roles unlink it first: SELECT * FROM iasql_account_unlink('${accountId}').`,
  )

const taken = (): IasqlError =>
  refusal(
    '42710',
    'this role is not free: it serves another tenant',
    'Make a role of your own: SELECT * FROM iasql_account_role_template().',
  )

/** The list of regions as the account has them, asked with the role that shall read there. */
async function refuseMissingRegions(
  { modules, cloud, platform, defaults }: Ports,
  { tenant }: RpcCall,
  { accountId, session }: { readonly accountId: string; readonly session: RoleSession | undefined },
): Promise<void> {
  const mapper: Mapper | undefined = (await modules()).findTable('aws_regions')?.mapper
  const { regions } = await accountsAndRegions(platform, tenant)
  if (!mapper || !session || !cloud.as) return
  const place = { accountId, region: regions[0] ?? defaults.region }
  const asRole = cloud.as(async () => ({ key: 'link', session: async () => session }))
  const has = new Set<string | undefined>()
  try {
    const api = asRole.api(mapper.client, place, AbortSignal.timeout(callMs))
    for await (const seen of mapper.list(place, api)) has.add(mapper.idOf(seen).region)
  } finally {
    asRole.close?.()
  }
  const missing = regions.filter((region) => !has.has(region))
  if (missing.length === 0) return
  const list = missing.join(', ')
  throw refusal(
    '55000',
    `account ${accountId} has not enabled ${list}, which this tenant reads`,
    `Enable it in the account, or read it no more: UPDATE aws_regions SET is_enabled = false WHERE region IN (${missing
      .map((region) => `'${region}'`)
      .join(', ')}).`,
  )
}

type NewAccount = LinkedAccount & { readonly alias: string | null; readonly by: string }

async function store(
  ports: Ports,
  { tenant }: RpcCall,
  account: NewAccount,
): Promise<AccountRow | undefined> {
  const link = { ...account, tenantId: tenant.id }
  const { directory } = ports
  try {
    if (directory) await reserve(directory, link)
    return await ports.platform.transaction(async (transaction) => {
      const isNew = await insertLinkedAccount(transaction, link)
      if (!isNew) throw linkedAlready(account.account_id)
      if (!directory) await insertLinkedRoles(transaction, link)
      return await putAccountRow(transaction, tenant, account)
    })
  } catch (error) {
    throw databaseErrorOf(error)?.sqlstate === '23505' ? taken() : error
  }
}

/** For a tenant in a cell: the directory says whose a role is. What a crash has left of the same account there goes. */
const reserve = (directory: Database, link: NewLink): Promise<void> =>
  directory.transaction(async (transaction) => {
    await deleteLinkedAccount(transaction, { tenantId: link.tenantId, accountId: link.account_id })
    await insertLinkedAccount(transaction, link)
    await insertLinkedRoles(transaction, link)
  })

const noticesOf = ({ read, write }: Linking, isProven: boolean): readonly string[] => [
  ...(isProven
    ? []
    : [
        `Whether ${read.arn} refuses others could not be proven: this emulator lets everybody become any role.`,
      ]),
  ...(write === null
    ? [
        `Account ${read.accountId} has one role, for reads and writes; a write_role_arn would keep them apart.`,
      ]
    : []),
  'SELECT * FROM iasql_sync() imports what the account has.',
]
