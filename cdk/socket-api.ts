/** The WebSocket API: an authorizer before `$connect`, one function behind each route, throttles and an access log. */
import { RemovalPolicy, Stack, Validations } from 'aws-cdk-lib'
import { CfnAccount } from 'aws-cdk-lib/aws-apigateway'
import { ApiMapping, WebSocketApi, WebSocketStage } from 'aws-cdk-lib/aws-apigatewayv2'
import { WebSocketLambdaAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers'
import { WebSocketLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations'
import { ManagedPolicy, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import type { RetentionDays } from 'aws-cdk-lib/aws-logs'
import { Construct } from 'constructs'
import { accessLog } from './access-log.ts'
import type { Functions } from './functions.ts'
import type { Host } from './hosts.ts'

const stageName = 'v1'

interface SocketApiProps {
  readonly host: Host | undefined
  readonly retention: RetentionDays
}

export class SocketApi extends Construct {
  readonly api: WebSocketApi
  readonly stage: WebSocketStage
  /** Where clients connect. */
  readonly url: string
  /** Where functions post to connections. */
  readonly connectionsEndpoint: string

  constructor(scope: Construct, id: string, { host, retention }: SocketApiProps) {
    super(scope, id)
    const { stackName, region, urlSuffix } = Stack.of(this)
    this.api = new WebSocketApi(this, 'Api', {
      apiName: stackName,
      // Messages that name no route of their own, which is all of them, go to $default.
      routeSelectionExpression: '$request.body.action',
    })
    this.stage = new WebSocketStage(this, 'Stage', {
      webSocketApi: this.api,
      stageName,
      autoDeploy: true,
      throttle: { rateLimit: 500, burstLimit: 1_000 },
      accessLogSettings: accessLog(this, retention, {
        connectionId: '$context.connectionId',
        eventType: '$context.eventType',
      }),
    })
    this.stage.node.addDependency(this.#permitLogging())
    if (host !== undefined)
      new ApiMapping(this, 'Mapping', { api: this.api, domainName: host.domainName, stage: this.stage })
    // Not the stage's own attribute: the functions that routes lead to have this in their environment.
    const given = `${this.api.apiId}.execute-api.${region}.${urlSuffix}/${stageName}`
    this.connectionsEndpoint = `https://${given}`
    this.url = host === undefined ? `wss://${given}` : `wss://${host.name}`
  }

  route({ all }: Functions): void {
    const authorizer = new WebSocketLambdaAuthorizer('Authorizer', all.authorize, {
      // Programs show a header and browsers a ticket in the query: with either named here, the other would be refused.
      identitySource: [],
    })
    const to = (id: string, name: keyof typeof all) => ({
      integration: new WebSocketLambdaIntegration(id, all[name]),
    })
    this.api.addRoute('$connect', { ...to('Connect', 'on-connect'), authorizer })
    const afterwards = [
      this.api.addRoute('$disconnect', to('Disconnect', 'on-disconnect')),
      this.api.addRoute('$default', to('Message', 'on-message')),
    ]
    for (const route of afterwards) {
      Validations.of(route).acknowledge({
        id: 'AwsSolutions-APIG4',
        reason: 'API Gateway authorizes $connect alone; the function checks the session on every message.',
      })
    }
  }

  /** API Gateway writes logs by one role for each account and region, which outlives this stack. */
  #permitLogging(): CfnAccount {
    const role = new Role(this, 'LoggingRole', {
      assumedBy: new ServicePrincipal('apigateway.amazonaws.com'),
      managedPolicies: [
        ManagedPolicy.fromAwsManagedPolicyName('service-role/AmazonAPIGatewayPushToCloudWatchLogs'),
      ],
    })
    role.applyRemovalPolicy(RemovalPolicy.RETAIN)
    Validations.of(role).acknowledge({
      id: 'AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs]',
      reason:
        'The role serves every API of the account and region; API Gateway asks for this policy by name.',
    })
    const account = new CfnAccount(this, 'Logging', { cloudWatchRoleArn: role.roleArn })
    account.applyRemovalPolicy(RemovalPolicy.RETAIN)
    return account
  }
}
