/** A refusal for want of a right, with the IAM actions whose right it takes. */
import { IasqlError } from '#engine/model/error.ts'
import { actionsOf } from './actions/actions-of.ts'

/** Keys that are wrong or expired are refused as well, and no right makes up for that. */
const permissionNames: ReadonlySet<string> = new Set([
  'AccessDenied',
  'AccessDeniedException',
  'AuthorizationError',
  'AuthorizationErrorException',
  'EC2AccessDeniedException',
  'KmsAccessDenied',
  'KMSAccessDeniedException',
  'NotAuthorized',
  'UnauthorizedOperation',
  // The answer to a HEAD has no body, and so no name.
  '403',
  'Forbidden',
  'Unknown',
  'UnknownError',
])

export const permissionHint =
  'Give the role of the account that right: SELECT * FROM iasql_account_role_template() shows a role that has it.'

/** Any other error as it is. */
export function namingActions(error: IasqlError, service: string): IasqlError {
  const { code, refusal, message, detail, awsRequestId, cause } = error
  if (code !== 'cloud/denied' || !refusal || !permissionNames.has(refusal.error)) return error
  const { operation } = refusal
  const actions = actionsOf(service, operation)
  const isKnown = actions.length > 0
  return new IasqlError(code, isKnown ? `${message} (needs ${listed(actions)})` : message, {
    hint: isKnown
      ? permissionHint
      : `Give the role of the account the right to call ${operation} of ${service}.`,
    refusal,
    cause,
    ...(detail === undefined ? {} : { detail }),
    ...(awsRequestId === undefined ? {} : { awsRequestId }),
  })
}

const listed = (names: readonly string[]): string =>
  [names.slice(0, -1).join(', '), names.at(-1)].filter(Boolean).join(' and ')
