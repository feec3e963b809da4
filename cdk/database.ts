/** Aurora PostgreSQL Serverless v2, reached by the Data API alone: nothing opens its port. */
import { CfnResource, Duration, RemovalPolicy, Validations } from 'aws-cdk-lib'
import { SecurityGroup } from 'aws-cdk-lib/aws-ec2'
import type { IKey } from 'aws-cdk-lib/aws-kms'
import {
  AuroraPostgresEngineVersion,
  type CfnDBCluster,
  ClusterInstance,
  Credentials,
  DatabaseCluster,
  DatabaseClusterEngine,
  DatabaseClusterFromSnapshot,
  type DatabaseClusterProps,
} from 'aws-cdk-lib/aws-rds'
import { Construct } from 'constructs'
import type { Network } from './network.ts'
import type { Options } from './options.ts'

/** Owner of what no tenant sees; there from the beginning, as the cluster's master user, which may make roles and databases. */
const platformRole = 'iasql_platform'

/** A statement may hold a secret, so the server never writes one into its log. */
const silentLog = {
  log_statement: 'none',
  // Above errors, whose first line quotes what was written.
  log_min_messages: 'log',
  log_min_error_statement: 'panic',
  log_min_duration_statement: '-1',
  log_parameter_max_length: '0',
  log_parameter_max_length_on_error: '0',
  log_error_verbosity: 'terse',
  'pg_stat_statements.track_utility': '0',
}

/** What tenants could do to one another by what PostgreSQL leaves to the server. */
const walls = {
  'rds.force_ssl': '1',
  // Tenants' logins may not change passwords, not even their own: the secrets would not know it.
  'rds.restrict_password_commands': '1',
  // What one process may spill, KiB: 4 GiB.
  temp_file_limit: '4194304',
  // A little longer than the Data API holds an idle transaction: one that it forgot ends too.
  idle_in_transaction_session_timeout: '240000',
}

interface DatabaseProps {
  readonly options: Options
  readonly network: Network
  readonly key: IKey
  readonly removalPolicy: RemovalPolicy
}

export class Database extends Construct {
  readonly name = 'iasql'
  readonly cluster: DatabaseCluster | DatabaseClusterFromSnapshot
  /** Login of the platform's role: made, kept and rotated every week by RDS itself. */
  readonly platformSecretArn: string

  constructor(scope: Construct, id: string, props: DatabaseProps) {
    super(scope, id)
    const { restoreFrom } = props.options
    const shared = this.#props(props)
    this.cluster =
      restoreFrom === undefined
        ? new DatabaseCluster(this, 'Cluster', {
            ...shared,
            credentials: Credentials.fromUsername(platformRole),
            defaultDatabaseName: this.name,
          })
        : new DatabaseClusterFromSnapshot(this, 'Cluster', { ...shared, snapshotIdentifier: restoreFrom })
    const resource = this.cluster.node.defaultChild as CfnDBCluster
    resource.addPropertyOverride('MasterUserSecret', { KmsKeyId: props.key.keyArn })
    this.platformSecretArn = resource.attrMasterUserSecretSecretArn
    // What a kept cluster is made of cannot go before it.
    if (props.removalPolicy === RemovalPolicy.RETAIN) {
      for (const child of this.node.findAll()) {
        if (CfnResource.isCfnResource(child)) child.applyRemovalPolicy(RemovalPolicy.RETAIN)
      }
    }
    Validations.of(this.cluster).acknowledge(
      {
        id: '@aws-cdk/aws-rds:generatedCredsNotApplied',
        reason: 'RDS manages the password, of a cluster made from a snapshot too.',
      },
      { id: 'AwsSolutions-RDS6', reason: 'The Data API signs in by secrets; nothing else reaches the port.' },
      { id: 'AwsSolutions-RDS11', reason: 'No security group opens the port, whatever its number.' },
      { id: 'AwsSolutions-RDS10', reason: 'Deletion protection is on unless a context option turns it off.' },
    )
  }

  #props({ options, network, key, removalPolicy }: DatabaseProps) {
    const instance = { publiclyAccessible: false, enablePerformanceInsights: false }
    return {
      engine: DatabaseClusterEngine.auroraPostgres({ version: AuroraPostgresEngineVersion.VER_17_7 }),
      parameters: { ...silentLog, ...walls },
      manageMasterUserPassword: true,
      writer: ClusterInstance.serverlessV2('Writer', instance),
      readers: options.multiAz
        ? [ClusterInstance.serverlessV2('Standby', { ...instance, scaleWithWriter: true })]
        : [],
      serverlessV2MinCapacity: options.minCapacity,
      serverlessV2MaxCapacity: options.maxCapacity,
      ...(options.minCapacity === 0
        ? { serverlessV2AutoPauseDuration: Duration.minutes(options.autoPauseMinutes) }
        : {}),
      vpc: network.vpc,
      vpcSubnets: { subnets: [...network.subnets] },
      securityGroups: [
        new SecurityGroup(this, 'Closed', {
          vpc: network.vpc,
          description: 'iasql database: nothing in, nothing out',
          allowAllOutbound: false,
        }),
      ],
      enableDataApi: true,
      storageEncrypted: true,
      storageEncryptionKey: key,
      backup: { retention: Duration.days(options.backupDays), preferredWindow: '02:00-03:00' },
      copyTagsToSnapshot: true,
      deletionProtection: options.deletionProtection,
      removalPolicy,
    } satisfies Partial<DatabaseClusterProps>
  }
}
