/** Which tenant a person means: the one that they name, or the only one that they are a member of. */
import { IasqlError } from '#engine/model/error.ts'

interface Named {
  readonly alias: string
}

/** What a tenant that the person is no member of is told apart from one that there is not: nothing. */
export function chooseTenant<Membership extends Named>(
  memberships: readonly Membership[],
  { who, alias }: { readonly who: string; readonly alias: string | undefined },
): Membership {
  const [only, ...others] = memberships
  if (only === undefined)
    throw new IasqlError('auth/tenant', `${who} is a member of no tenant here.`, {
      hint: `An owner lets people in: SELECT * FROM iasql_member_add('${who.replaceAll("'", "''")}', 'viewer').`,
    })
  const listed = memberships.map((one) => one.alias).join(', ')
  if (alias === undefined) {
    if (others.length === 0) return only
    throw new IasqlError('auth/tenant', `${who} is a member of several tenants: ${listed}.`)
  }
  const named = memberships.find((one) => one.alias === alias)
  if (named) return named
  throw new IasqlError('auth/tenant', `${who} is no member of ${alias}; the tenants are: ${listed}.`)
}
