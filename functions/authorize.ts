/** Authorizer of $connect: API Gateway answers 401 when it throws `Unauthorized`, 403 when it denies. */
import type { APIGatewayAuthorizerResult, APIGatewayRequestAuthorizerEvent } from 'aws-lambda'
import { type Authorization, authorize } from '#operations/connection/authorize.ts'
import { doorOf } from '#operations/connection/door.ts'
import { lambda, Refusal } from './lambda.ts'

export const handler = lambda(async (ports, event: APIGatewayRequestAuthorizerEvent) => {
  const header = (name: string): string | undefined =>
    Object.entries(event.headers ?? {}).find(([key]) => key.toLowerCase() === name)?.[1]
  const { ticket, tenant } = event.queryStringParameters ?? {}
  const authorization = await authorize(ports, {
    authorization: header('authorization'),
    ticket,
    tenant,
    origin: header('origin'),
    allowedOrigins: doorOf(process.env).allowedOrigins,
    address: event.requestContext.identity.sourceIp,
  })
  if (authorization.kind === 'anonymous') {
    ports.count?.('Anonymous')
    throw new Refusal('Unauthorized')
  }
  return policyFor(authorization, event.methodArn)
})

type Decided = Exclude<Authorization, { readonly kind: 'anonymous' }>

function policyFor(authorization: Decided, resource: string): APIGatewayAuthorizerResult {
  const isAllowed = authorization.kind === 'allowed'
  const statement = {
    Action: 'execute-api:Invoke',
    Effect: isAllowed ? 'Allow' : 'Deny',
    Resource: resource,
  } as const
  const policyDocument = { Version: '2012-10-17', Statement: [statement] }
  if (!isAllowed) return { principalId: 'unknown', policyDocument }
  const { kind: _, ...context } = authorization
  return { principalId: authorization.subject, policyDocument, context }
}
