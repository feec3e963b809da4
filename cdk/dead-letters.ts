/** Where events go that nobody could handle: kept for two weeks, and somebody is told. */
import { Duration, RemovalPolicy, Validations } from 'aws-cdk-lib'
import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import type { IDestination } from 'aws-cdk-lib/aws-lambda'
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'

export class DeadLetters extends Construct {
  readonly queue: Queue

  constructor(scope: Construct, id: string) {
    super(scope, id)
    this.queue = new Queue(this, 'Queue', {
      retentionPeriod: Duration.days(14),
      // What is in it are ids; a key of ours would have to be lent to whoever may put something there.
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      removalPolicy: RemovalPolicy.DESTROY,
    })
    Validations.of(this.queue).acknowledge({
      id: 'AwsSolutions-SQS3',
      reason: 'This is the dead-letter queue.',
    })
  }

  /** Of events that a function has failed on. The CDK's own lets the function ask about the queue, too, which nobody does. */
  destination(): IDestination {
    const { queueArn } = this.queue
    return {
      bind: (_scope, { grantPrincipal }) => {
        grantPrincipal.addToPrincipalPolicy(
          new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [queueArn] }),
        )
        return { destination: queueArn }
      },
    }
  }
}
