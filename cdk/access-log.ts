/** What the APIs write of each request, and the right to write it. */
import { RemovalPolicy } from 'aws-cdk-lib'
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway'
import { LogGroupLogDestination } from 'aws-cdk-lib/aws-apigatewayv2'
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs'
import type { Construct } from 'constructs'

const everyRequest = {
  requestId: '$context.requestId',
  sourceIp: '$context.identity.sourceIp',
  routeKey: '$context.routeKey',
  status: '$context.status',
  error: '$context.integrationErrorMessage',
  time: '$context.requestTimeEpoch',
}

/** Neither headers nor the query string: both may carry a token. */
export const accessLog = (
  scope: Construct,
  retention: RetentionDays,
  fields: Readonly<Record<string, string>>,
) => ({
  destination: new LogGroupLogDestination(
    new LogGroup(scope, 'AccessLog', { retention, removalPolicy: RemovalPolicy.DESTROY }),
  ),
  format: AccessLogFormat.custom(JSON.stringify({ ...everyRequest, ...fields })),
})
