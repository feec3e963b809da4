/** What happened, for others to react to: an event bus, and a topic for those who only want a message. */
import { Stack } from 'aws-cdk-lib'
import { EventBus, Rule } from 'aws-cdk-lib/aws-events'
import { SnsTopic } from 'aws-cdk-lib/aws-events-targets'
import type { IKey } from 'aws-cdk-lib/aws-kms'
import { Topic } from 'aws-cdk-lib/aws-sns'
import type { IQueue } from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'

/** The detail types of events with the source `iasql`. */
export const newsKinds = ['drift found', 'apply failed', 'apply done'] as const

export class News extends Construct {
  readonly bus: EventBus
  readonly topic: Topic

  constructor(
    scope: Construct,
    id: string,
    { key, deadLetters }: { readonly key: IKey; readonly deadLetters: IQueue },
  ) {
    super(scope, id)
    const { stackName } = Stack.of(this)
    this.bus = new EventBus(this, 'Bus', { eventBusName: stackName, description: 'What iasql did and found' })
    this.topic = new Topic(this, 'Topic', {
      topicName: `${stackName}-news`,
      displayName: 'iasql news',
      masterKey: key,
      enforceSSL: true,
    })
    new Rule(this, 'ToTopic', {
      eventBus: this.bus,
      description: 'Drift found, applies failed and done, to the topic',
      eventPattern: { source: ['iasql'], detailType: [...newsKinds] },
      targets: [new SnsTopic(this.topic, { deadLetterQueue: deadLetters })],
    })
  }
}
