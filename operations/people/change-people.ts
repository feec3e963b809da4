/** Changes who may come into a tenant: one change at a time, seen by the tenant when it is done, and never without an owner. */
import type { Role } from '#engine/model/rpc.ts'
import type { Database, Queryable } from '#postgres/database.ts'
import { countOwners, loadPeople, lockPeople } from '#postgres/statements/people.ts'
import { copyPeople } from '#postgres/statements/people-copy.ts'
import type { Tenant } from '#postgres/tenant.ts'
import type { Ports } from '../ports.ts'
import { refusal } from '../rpc/refusal.ts'
import { directoryOf } from '../tenant/cell.ts'

type Changing = Pick<Ports, 'directory' | 'platform' | 'identity'>

/**
 * @throws what `work` throws, and 55000 when the change takes away the last owner: nothing is changed then
 * @example await changePeople(ports, tenant, (db) => deleteMember(db, { tenantId: tenant.id, subject }))
 */
export async function changePeople<Result>(
  ports: Changing,
  tenant: Pick<Tenant, 'id' | 'schema'>,
  work: (db: Queryable) => Promise<Result>,
): Promise<Result> {
  const { directory, platform, identity } = ports
  // Where nobody can sign in by JWT, an owner by membership is none.
  const owners = { tenantId: tenant.id, membersCount: identity !== undefined }
  const changed = await directoryOf(ports).transaction(async (transaction) => {
    await lockPeople(transaction, tenant.id)
    const before = await countOwners(transaction, owners)
    const result = await work(transaction)
    if (before > 0 && (await countOwners(transaction, owners)) === 0) throw lastOwner()
    if (!directory) await copyPeople(transaction, tenant, await loadPeople(transaction, tenant.id))
    return result
  })
  if (directory) await copyToCell({ directory, platform }, tenant)
  return changed
}

/** Read after the lock is taken: of two changes, whichever copies last copies both. */
const copyToCell = (
  { directory, platform }: { readonly directory: Database; readonly platform: Database },
  tenant: Pick<Tenant, 'id' | 'schema'>,
): Promise<void> =>
  platform.transaction(async (transaction) => {
    await lockPeople(transaction, tenant.id)
    await copyPeople(transaction, tenant, await loadPeople(directory, tenant.id))
  })

/** What the tenant sees made equal to what the platform has, for a tenant whose tables are new. */
export const showPeople = (ports: Changing, tenant: Pick<Tenant, 'id' | 'schema'>): Promise<void> =>
  changePeople(ports, tenant, async () => undefined)

const lastOwner = (): Error =>
  refusal(
    '55000',
    'this would leave the tenant without an owner',
    "Make somebody else an owner first: SELECT * FROM iasql_member_add('…', 'owner'), or a token that does not expire.",
  )

/** What history calls the engine, and database logins: nobody may go by such a name. */
const taken = /^(iasql|t_[0-9a-f]{16}.*)$/i

export function refuseTakenName(name: string): void {
  if (taken.test(name)) throw refusal('42939', `the name ${name} is the engine's own`, 'Choose another name.')
}

const roles: readonly Role[] = ['viewer', 'editor', 'operator', 'owner']

export function roleNamed(text: unknown): Role {
  const role = roles.find((one) => one === text)
  if (role) return role
  throw refusal('22023', `there is no role ${String(text)}`, `The roles are ${roles.join(', ')}.`)
}
