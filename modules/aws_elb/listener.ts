/** Listeners: what a load balancer takes requests on, and what becomes of those that no rule is for. */
import {
  CreateListenerCommand,
  DeleteListenerCommand,
  DescribeListenersCommand,
  ElasticLoadBalancingV2Client,
  type Listener,
  ModifyListenerCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2'
import {
  arn,
  type CloudApi,
  type ColumnDelta,
  choice,
  defineMapper,
  defineTable,
  done,
  integer,
  type Resolved,
  type RowOf,
  ref,
  reference,
  type TagMap,
  tags,
  text,
  unlessAbsent,
} from '../kit/index.ts'
import { actionChecks, listenerActionColumns } from './action-columns.ts'
import { actionRow, actionsOf } from './actions.ts'
import { byArns, listenersOf, loadBalancers, tagsToCreate, updateTags, withTags } from './describe.ts'
import { keepingOthers } from './kept-actions.ts'

const columns = {
  load_balancer_id: reference('aws_elb.load_balancer', 'Load balancer that listens.', {
    required: true,
    replaces: 'after',
  }),
  port: integer('Port that it listens on; none for a gateway load balancer.', {
    min: 1,
    max: 65_535,
    interrupts: true,
  }),
  protocol: choice(
    ['HTTP', 'HTTPS', 'TCP', 'TLS', 'UDP', 'TCP_UDP'],
    'What it is spoken to in: HTTP and HTTPS for an application load balancer; none for a gateway load balancer.',
    { interrupts: true },
  ),
  ssl_policy: text('HTTPS and TLS: versions and ciphers; null lets AWS choose.', { interrupts: true }),
  certificate_arn: arn('HTTPS and TLS: certificate of ACM or IAM that it shows.', {
    clearable: true,
    interrupts: true,
  }),
  alpn_policy: choice(
    ['HTTP1Only', 'HTTP2Only', 'HTTP2Optional', 'HTTP2Preferred', 'None'],
    'TLS: which version of HTTP is agreed on.',
    { clearable: true },
  ),
  ...listenerActionColumns,
  listener_arn: arn('ARN, made by AWS.', { output: true }),
  tags: tags(),
}

type Row = RowOf<typeof columns>

interface SeenListener {
  readonly listener: Listener
  /** Absent in a list. */
  readonly tags?: TagMap
}

const idOf = ({ listener }: Pick<SeenListener, 'listener'>) => ({ listener_arn: listener.ListenerArn ?? '' })

const hydrate = async (listeners: readonly Listener[], elb: CloudApi): Promise<readonly SeenListener[]> =>
  (await withTags(listeners, ({ ListenerArn }) => ListenerArn, elb)).map(({ item, tags }) => ({
    listener: item,
    tags,
  }))

const isSecure = ({ protocol }: Resolved<Row>): boolean => protocol === 'HTTPS' || protocol === 'TLS'

/** All of it at a create or with another protocol; else what changed. */
function doorOf(want: Resolved<Row>, delta?: ColumnDelta<Row>) {
  const isSent = (column: 'ssl_policy' | 'certificate_arn') =>
    isSecure(want) && want[column] !== null && (!delta || delta.protocol || delta[column])
  return {
    Port: want.port ?? undefined,
    Protocol: want.protocol ?? undefined,
    ...(isSent('ssl_policy') ? { SslPolicy: want.ssl_policy ?? undefined } : {}),
    ...(isSent('certificate_arn')
      ? { Certificates: [{ CertificateArn: want.certificate_arn ?? undefined }] }
      : {}),
  }
}

const alpnOf = ({ alpn_policy }: Resolved<Row>) => (alpn_policy ? { AlpnPolicy: [alpn_policy] } : {})

async function findAt(want: Resolved<Row>, elb: CloudApi): Promise<Listener | undefined> {
  const LoadBalancerArn = want.load_balancer_id.load_balancer_arn
  const there = elb.pages(DescribeListenersCommand, { LoadBalancerArn }, (page) => page.Listeners)
  const all = (await unlessAbsent(Array.fromAsync(there))) ?? []
  return all.find(({ Port = null }) => Port === want.port)
}

export const listener = defineTable({
  name: 'listener',
  description: 'A port of a load balancer and what becomes of requests that no listener_rule is for.',
  naturalKey: ['load_balancer_id', 'port'],
  // A Gateway Load Balancer has one listener, which has no port.
  nullsAlike: true,
  named: true,
  holdsData: false,
  settleMs: 15_000,
  hydrates: ['tags'],
  checks: [
    {
      sql: "(protocol IN ('HTTPS', 'TLS')) = (certificate_arn IS NOT NULL)",
      message: 'HTTPS and TLS, and no other, have a certificate_arn',
    },
    ...actionChecks,
  ],
  columns,
  mapper: defineMapper<Row, SeenListener>()({
    client: ElasticLoadBalancingV2Client,
    operations: [
      'DescribeLoadBalancers',
      'DescribeListeners',
      'DescribeTags',
      'CreateListener',
      'ModifyListener',
      'AddTags',
      'RemoveTags',
      'DeleteListener',
    ],
    idOf,
    async *list(_, elb) {
      for (const listener of await listenersOf(loadBalancers(elb), elb)) yield { listener }
    },
    async get(ids, elb) {
      const arns = ids.map(({ listener_arn = '' }) => listener_arn)
      const read = async (ListenerArns: string[]) =>
        (await elb.send(DescribeListenersCommand, { ListenerArns })).Listeners ?? []
      return hydrate(await byArns(arns, elb, read), elb)
    },
    async findByName(want, elb) {
      const found = await findAt(want, elb)
      return found && (await hydrate([found], elb))[0]
    },
    async create(want, _, elb) {
      const { Listeners: [made = {}] = [] } = await elb.send(CreateListenerCommand, {
        LoadBalancerArn: want.load_balancer_id.load_balancer_arn,
        ...doorOf(want),
        ...alpnOf(want),
        DefaultActions: actionsOf(want),
        ...tagsToCreate(want.tags),
      })
      return done(idOf({ listener: made }))
    },
    async update(seen, want, delta, _, elb) {
      const { listener_arn: ListenerArn } = idOf(seen)
      const changed = Object.keys(delta).filter((column) => column !== 'tags')
      if (changed.length > 0)
        await elb.send(ModifyListenerCommand, {
          ListenerArn,
          ...doorOf(want, delta),
          ...(delta.alpn_policy ? { AlpnPolicy: [want.alpn_policy ?? 'None'] } : {}),
          DefaultActions: keepingOthers(seen.listener.DefaultActions, actionsOf(want, delta)),
        })
      if (delta.tags) await updateTags(ListenerArn, { seen: seen.tags ?? {}, want: want.tags }, elb)
      return done(idOf(seen))
    },
    async delete(seen, _, elb) {
      await elb.send(DeleteListenerCommand, { ListenerArn: seen.listener.ListenerArn })
      return done(idOf(seen))
    },
    toRow: ({ listener: told, tags: own = {} }) => ({
      load_balancer_id: ref('aws_elb.load_balancer', { load_balancer_arn: told.LoadBalancerArn ?? '' }),
      port: told.Port ?? null,
      protocol: (told.Protocol as Row['protocol']) ?? null,
      ssl_policy: told.SslPolicy || null,
      certificate_arn: told.Certificates?.[0]?.CertificateArn ?? null,
      alpn_policy: (told.AlpnPolicy?.[0] as Row['alpn_policy']) ?? null,
      ...actionRow(told.DefaultActions),
      listener_arn: told.ListenerArn ?? null,
      tags: own,
    }),
  }),
})
