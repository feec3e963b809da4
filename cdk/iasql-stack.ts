/** The whole product in one account and region: APIs, functions, state machines, database, dashboard, and what watches them. */
import { CfnOutput, RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib'
import type { Construct } from 'constructs'
import { Alarms, type Watched } from './alarms.ts'
import { Board } from './board.ts'
import { DashboardSite } from './dashboard-site.ts'
import { Database } from './database.ts'
import { DeadLetters } from './dead-letters.ts'
import { Deployment } from './deployment.ts'
import { Functions } from './functions.ts'
import { Hosts } from './hosts.ts'
import { HttpApi } from './http-api.ts'
import { Keys } from './keys.ts'
import { Network } from './network.ts'
import { News } from './news.ts'
import type { Options } from './options.ts'
import { People, signInOrigins } from './people.ts'
import { allow } from './permissions.ts'
import { PlatformRole, platformRoleArn } from './platform-role.ts'
import { Schedules } from './schedules.ts'
import { SocketApi } from './socket-api.ts'
import { StateMachines, stateMachineArns } from './state-machines.ts'

/** What becomes of the database, and of what it cannot be without, when the stack goes. */
const removal = {
  retain: { database: RemovalPolicy.RETAIN, network: RemovalPolicy.RETAIN, keys: RemovalPolicy.RETAIN },
  snapshot: { database: RemovalPolicy.SNAPSHOT, network: RemovalPolicy.DESTROY, keys: RemovalPolicy.RETAIN },
  delete: { database: RemovalPolicy.DESTROY, network: RemovalPolicy.DESTROY, keys: RemovalPolicy.DESTROY },
} as const

export interface IasqlStackProps extends StackProps {
  readonly options: Options
}

export class IasqlStack extends Stack {
  constructor(scope: Construct, id: string, { options, ...props }: IasqlStackProps) {
    super(scope, id, { description: 'iasql: AWS infrastructure as PostgreSQL tables', ...props })
    const removed = removal[options.onDestroy]
    const retention = options.logDays
    const keys = new Keys(this, 'Keys', removed.keys)
    const key = keys.data
    const network = new Network(this, 'Network', { ...options, retention, removalPolicy: removed.network })
    const database = new Database(this, 'Database', {
      options,
      network,
      key,
      removalPolicy: removed.database,
    })
    const hosts = new Hosts(this, 'Hosts', options)
    const socket = new SocketApi(this, 'Socket', { host: hosts.socket, retention })
    const http = new HttpApi(this, 'Http', { host: hosts.http, retention })
    const dashboard = new DashboardSite(this, 'Site', {
      options,
      talksTo: [http.url, socket.url, ...signInOrigins(this, options)],
    })
    hosts.pointAtDashboard(dashboard.distribution)
    const people = new People(this, 'People', {
      options,
      dashboardUrl: dashboard.url,
      removalPolicy: removed.keys,
    })
    const deadLetters = new DeadLetters(this, 'DeadLetters')
    const news = new News(this, 'News', { key, deadLetters: deadLetters.queue })
    const machineArns = stateMachineArns(this)
    const functions = new Functions(this, 'Functions', {
      deadLetters,
      retention,
      reserveConcurrency: options.reserveConcurrency,
      environment: {
        IASQL_CLUSTER_ARN: database.cluster.clusterArn,
        IASQL_PLATFORM_SECRET_ARN: database.platformSecretArn,
        IASQL_DATABASE: database.name,
        IASQL_RUN_KEY_SECRET: keys.runText.secretArn,
        IASQL_FIRST_OWNER_SECRET: keys.firstOwner.secretArn,
        IASQL_RUN_MACHINE_ARN: machineArns.run,
        IASQL_EXECUTION_MACHINE_ARN: machineArns.execution,
        IASQL_DRIFT_MACHINE_ARN: machineArns.drift,
        IASQL_CONNECTIONS_ENDPOINT: socket.connectionsEndpoint,
        IASQL_EVENT_BUS: news.bus.eventBusName,
        IASQL_PLATFORM_ROLE: platformRoleArn(this),
        // Pages that browsers may connect from; programs send no Origin.
        IASQL_ALLOWED_ORIGINS: [dashboard.url, ...options.allowedOrigins].join(','),
        ...(people.issuer === undefined
          ? {}
          : { IASQL_OIDC_ISSUER: people.issuer.url, IASQL_OIDC_AUDIENCE: people.issuer.audience }),
      },
    })
    const parts = { functions, database, keys, socket, news, dashboard, machineArns }
    const machines = new StateMachines(this, 'StateMachines', { functions, retention })
    const platformRole = new PlatformRole(this, 'Platform', {
      functions,
      linkedRoleName: options.linkedRoleName,
    })
    const schedules = new Schedules(this, 'Schedules', {
      functions,
      deadLetters: deadLetters.queue,
      sweepMinutes: options.sweepMinutes,
    })
    socket.route(functions)
    http.route(functions)
    allow(parts)
    new Deployment(this, 'Deployment', {
      functions,
      database,
      dashboard: {
        bucket: dashboard.bucket.bucketName,
        socketUrl: socket.url,
        httpUrl: http.url,
        ...(people.issuer === undefined
          ? {}
          : { issuer: people.issuer.url, audience: people.issuer.audience }),
      },
    })
    const watched: Watched = { ...parts, http, deadLetters, machines, schedules, options }
    const alarms = new Alarms(this, 'Alarms', { ...watched, email: options.alarmEmail })
    new Board(this, 'Board', watched, alarms.all)
    this.#tell({
      DashboardUrl: dashboard.url,
      SocketUrl: socket.url,
      HttpUrl: http.url,
      FirstOwnerSecret: keys.firstOwner.secretName,
      PlatformRole: platformRole.role.roleArn,
      ClusterArn: database.cluster.clusterArn,
      PlatformSecretArn: database.platformSecretArn,
      EventBus: news.bus.eventBusName,
      NewsTopic: news.topic.topicArn,
      AlarmTopic: alarms.topic.topicArn,
      // What the next deployment goes by, unless it is told otherwise.
      Options: JSON.stringify(options.given),
    })
  }

  #tell(outputs: Readonly<Record<string, string>>): void {
    for (const [name, value] of Object.entries(outputs)) new CfnOutput(this, name, { value })
  }
}
