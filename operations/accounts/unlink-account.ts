/**
 * `iasql_account_unlink(account_id)`: rows and records of the account go as by an uninstall, and nothing in the cloud is
 * touched; linked again, a sync finds it all again. Under the lease of planning, and not while an execution is under way.
 */
import type { Row } from '#engine/model/json.ts'
import { databaseErrorOf } from '#postgres/database-error.ts'
import {
  type AccountScope,
  executionsUnderWay,
  expressingAccount,
  forgetAccount,
} from '#postgres/statements/account-forget.ts'
import { clearAccountRow, deleteAccountRow } from '#postgres/statements/account-row.ts'
import { deleteLinkedAccount, linkedAccounts } from '#postgres/statements/linked-account.ts'
import type { Tenant } from '#postgres/tenant.ts'
import { loadInstalledTables } from '../install/installed-tables.ts'
import { holdingLease } from '../plan/holding-lease.ts'
import type { Ports } from '../ports.ts'
import type { RpcAnswer, RpcCall } from '../rpc/catalogue.ts'
import { nearest } from '../rpc/nearest.ts'
import { refusal } from '../rpc/refusal.ts'

/** How long planners are waited for. */
const patienceMs = 20_000

export async function unlinkAccount(ports: Ports, call: RpcCall): Promise<RpcAnswer> {
  const { tenant, arguments: given } = call
  const accountId = typeof given[0] === 'string' ? given[0].trim() : ''
  const linked = await linkedAccounts(ports.platform, tenant)
  const link = linked.find((one) => one.account_id === accountId)
  if (!link) {
    const near = nearest(
      accountId,
      linked.map((one) => one.account_id),
    )
    throw refusal(
      'P0002',
      `account ${accountId === '' ? '(empty)' : accountId} is not linked${near}`,
      'SELECT account_id FROM aws_accounts WHERE read_role_arn IS NOT NULL lists the linked ones.',
    )
  }
  const signal = AbortSignal.timeout(patienceMs)
  const { types } = await loadInstalledTables(ports, tenant)
  const tables = types.filter(({ place }) => place !== 'tenant').map(({ name }) => name)
  const notices = await holdingLease(ports, tenant, signal, (lease) =>
    ports.platform.transaction(async (transaction) => {
      await lease.insist(transaction)
      const scope: AccountScope = { accountId, tables }
      await refuseBusy(transaction, tenant, scope)
      await deleteLinkedAccount(transaction, { tenantId: tenant.id, accountId })
      return await letGo(ports, transaction, tenant, scope)
    }),
  ).catch((error: unknown) => {
    throw refusalOf(accountId, error, signal) ?? error
  })
  if (ports.directory) await deleteLinkedAccount(ports.directory, { tenantId: tenant.id, accountId })
  const { read_role_arn, write_role_arn } = link
  const row: Row = { account_id: accountId, read_role_arn, write_role_arn }
  return { kind: 'rows', rows: [row], notices }
}

type Transaction = Parameters<Parameters<Ports['platform']['transaction']>[0]>[0]

async function letGo(
  { accounts, defaults }: Ports,
  transaction: Transaction,
  tenant: Tenant,
  scope: AccountScope,
): Promise<readonly string[]> {
  const { accountId } = scope
  if (accountId === defaults.accountId && accounts?.reachesItself(accountId)) {
    await clearAccountRow(transaction, tenant, accountId)
    return [`The server reaches account ${accountId} with its own credentials, so its rows stay.`]
  }
  const { rows, edited } = await forgetAccount(transaction, tenant, scope)
  const { left, hasDefault } = await deleteAccountRow(transaction, tenant, accountId)
  const gone = `${rows} ${rows === 1 ? 'row' : 'rows'} of account ${accountId} went; everything stays in the cloud.`
  return [
    gone,
    ...(edited > 0 ? [`Edits of ${edited} of them were not applied; they went along.`] : []),
    ...(left > 0 && !hasDefault
      ? ["No account is the default any more: SELECT default_aws_account('…') makes one."]
      : []),
  ]
}

async function refuseBusy(transaction: Transaction, tenant: Tenant, scope: AccountScope): Promise<void> {
  const { accountId } = scope
  const busy = await executionsUnderWay(transaction, tenant)
  if (busy.length > 0)
    throw refusal(
      '55006',
      `account ${accountId} cannot be unlinked now: ${busy.join(', ')} ${busy.length === 1 ? 'is' : 'are'} under way`,
      'Wait for the end, or end it: SELECT * FROM iasql_cancel(execution_id).',
    )
  const expressing = await expressingAccount(transaction, tenant, scope)
  if (expressing.length > 0)
    throw refusal(
      '23503',
      `account ${accountId} cannot be unlinked: ${expressing.join(', ')} stands for a value of its rows`,
      'Set other values there first.',
    )
}

function refusalOf(accountId: string, error: unknown, signal: AbortSignal): Error | undefined {
  if (signal.aborted && error instanceof Error && error.name === 'AbortError')
    return refusal(
      '55P03',
      `account ${accountId} cannot be unlinked now: an apply is being planned`,
      'Try again soon.',
    )
  const refused = databaseErrorOf(error)
  if (refused?.sqlstate === '55P03')
    return refusal('55P03', `rows of account ${accountId} are locked by a transaction`, 'Try again soon.')
  if (refused?.sqlstate !== '23503') return undefined
  return refusal(
    '23503',
    `account ${accountId} cannot be unlinked: rows of other accounts refer to its rows: ${refused.message}`,
    'Point them elsewhere, or forget them, first.',
  )
}
