/** Recorded calls as the rights that they take, and the rights that the template gives, one action on one resource each. */
import { firstOwnerSecret, functionKey, platformSecret, runKeySecret } from '../support/deployed-lab.ts'
import type { RecordedCall } from '../support/recorded-calls.ts'
import { listOf, statementsIn, synthesize } from './synthesis.ts'

/** The action, and what the resource's name has in it. */
export interface Right {
  readonly by: string
  readonly action: string
  readonly resource: string
}

/** As the template names secrets that here have others. */
const secretParts: Readonly<Record<string, string>> = {
  [platformSecret]: 'MasterUserSecret',
  [runKeySecret]: 'RunText',
  [firstOwnerSecret]: 'FirstOwner',
}
const secretPart = (id: unknown): string =>
  secretParts[String(id)] ?? `secret:iasql/*/${String(id).split('/').at(-1)}-*`

/** S3's calls have no names. */
const pageActions: Readonly<Record<string, string>> = {
  PUT: 's3:PutObject',
  DELETE: 's3:DeleteObject',
  GET: 's3:ListBucket',
}

export function rightsOf({ by, service, operation, accessKeyId, body }: RecordedCall): readonly Right[] {
  const right = (action: string, resource = ''): Right => ({ by, action, resource })
  const [method = ''] = operation.split(' ')
  // With keys of linked roles, whose template is another matter.
  if (accessKeyId !== functionKey) return []
  switch (service) {
    case 'rds-data': {
      const action = `rds-data:${/\/(\w+)$/.exec(operation)?.[1]?.replace(/^Execute$/, 'ExecuteStatement')}`
      // The Data API fetches the login as whoever calls it.
      return [right(action), right('secretsmanager:GetSecretValue', secretPart(body.secretArn))]
    }
    case 'secretsmanager':
      return [right(`secretsmanager:${operation}`, secretPart(body.SecretId ?? body.Name))]
    case 'lambda':
      return [right('lambda:InvokeFunction', `:${/functions\/([^/]+)\//.exec(operation)?.[1]}"`)]
    case 'states':
      return [right('states:StartExecution', `:iasql-${String(body.stateMachineArn).split(':').at(-1)}"`)]
    case 'events':
      return [right('events:PutEvents')]
    case 'execute-api':
      return [right('execute-api:ManageConnections', `/${method}/@connections`)]
    case 's3':
      return [right(pageActions[method] ?? `s3:${operation}`)]
    case 'sts':
      return operation === 'AssumeRole' ? [right('sts:AssumeRole', 'role/iasql-platform')] : []
    default:
      return [right(`${service}:${operation}`)]
  }
}

/** The same of one holder: its function without hyphens. */
export interface Granted {
  readonly holder: string
  readonly action: string
  readonly resource: string
}

export function granted(): readonly Granted[] {
  const { template, dispose } = synthesize()
  dispose()
  return statementsIn(template).flatMap(({ holder, statement }) =>
    listOf(statement.Action).flatMap((action) =>
      listOf(statement.Resource).map((resource) => ({ holder, action, resource: JSON.stringify(resource) })),
    ),
  )
}

export const holderOf = (by: string): string => by.replaceAll('-', '')

/** Whether the right is what the call takes. */
export const covers = ({ holder, action, resource }: Granted, right: Right): boolean =>
  holder === holderOf(right.by) && action === right.action && resource.includes(right.resource)
