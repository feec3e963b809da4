/** Authorizer of $connect: API Gateway answers 401 when it throws `Unauthorized`, 403 when it denies. */
import type { APIGatewayAuthorizerResult, APIGatewayRequestAuthorizerEvent } from 'aws-lambda'
import { type Authorization, authorize } from '#operations/connection/authorize.ts'
import { lambda } from './lambda.ts'

export const handler = lambda(async (ports, event: APIGatewayRequestAuthorizerEvent) => {
  const header = (name: string): string | undefined =>
    Object.entries(event.headers ?? {}).find(([key]) => key.toLowerCase() === name)?.[1]
  const authorization = await authorize(ports, {
    authorization: header('authorization'),
    origin: header('origin'),
    allowedOrigins: (process.env.IASQL_ALLOWED_ORIGINS ?? '').split(',').filter(Boolean),
  })
  return policyFor(authorization, event.methodArn)
})

function policyFor(authorization: Authorization, resource: string): APIGatewayAuthorizerResult {
  if (authorization.kind === 'anonymous') throw new Error('Unauthorized')
  const isAllowed = authorization.kind === 'allowed'
  const statement = {
    Action: 'execute-api:Invoke',
    Effect: isAllowed ? 'Allow' : 'Deny',
    Resource: resource,
  } as const
  const policyDocument = { Version: '2012-10-17', Statement: [statement] }
  if (!isAllowed) return { principalId: 'unknown', policyDocument }
  const { tenantId, subject, role } = authorization
  return { principalId: subject, policyDocument, context: { tenantId, subject, role } }
}
