/** Certificates that a listener has beside its own, for other names: one row, one certificate. */
import {
  AddListenerCertificatesCommand,
  type Certificate,
  DescribeListenerCertificatesCommand,
  ElasticLoadBalancingV2Client,
  type Listener,
  RemoveListenerCertificatesCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2'
import {
  arn,
  type ChildSeen,
  type CloudApi,
  childOf,
  defineMapper,
  defineTable,
  done,
  type Resolved,
  type RowOf,
  ref,
  reference,
  unlessAbsent,
} from '../kit/index.ts'
import { listenersOf, loadBalancers } from './describe.ts'

const columns = {
  listener_id: reference('aws_elb.listener', 'Listener, of HTTPS or TLS, that shows it.', {
    required: true,
    replaces: 'after',
  }),
  certificate_arn: arn('Certificate of ACM or IAM; shown to clients that ask for a name of it.', {
    required: true,
    replaces: 'after',
  }),
}

type Row = RowOf<typeof columns>
type Parent = Pick<Listener, 'ListenerArn'>

const isSecure = ({ Protocol }: Listener): boolean => Protocol === 'HTTPS' || Protocol === 'TLS'

async function* secureListeners(elb: CloudApi): AsyncIterable<Parent> {
  yield* (await listenersOf(loadBalancers(elb), elb)).filter(isSecure)
}

const certificates = childOf<Parent, Certificate>({
  parents: secureListeners,
  parentsOf: async (ids) =>
    [...new Set(ids.map(({ listener_arn = '' }) => listener_arn))].map((ListenerArn) => ({ ListenerArn })),
  async childrenOf({ ListenerArn }, elb) {
    const pages = elb.pages(DescribeListenerCertificatesCommand, { ListenerArn }, (page) => page.Certificates)
    const all = (await unlessAbsent(Array.fromAsync(pages))) ?? []
    return all.filter(({ IsDefault }) => !IsDefault)
  },
  parentIdOf: ({ ListenerArn: listener_arn = '' }) => ({ listener_arn }),
  keyOf: ({ CertificateArn: certificate_arn = '' }) => ({ certificate_arn }),
})

const wantedId = ({ listener_id, certificate_arn }: Resolved<Row>) => ({
  listener_arn: listener_id.listener_arn ?? '',
  certificate_arn,
})

export const listenerCertificate = defineTable({
  name: 'listener_certificate',
  description: 'A further certificate of a listener; the first one is its certificate_arn.',
  naturalKey: ['listener_id', 'certificate_arn'],
  named: true,
  holdsData: false,
  settleMs: 15_000,
  columns,
  mapper: defineMapper<Row, ChildSeen<Parent, Certificate>>()({
    client: ElasticLoadBalancingV2Client,
    operations: [
      'DescribeLoadBalancers',
      'DescribeListeners',
      'DescribeListenerCertificates',
      'AddListenerCertificates',
      'RemoveListenerCertificates',
    ],
    ...certificates,
    findByName: async (want, elb) => (await certificates.get([wantedId(want)], elb))[0],
    async create(want, _, elb) {
      const { listener_arn: ListenerArn, certificate_arn: CertificateArn } = wantedId(want)
      await elb.send(AddListenerCertificatesCommand, { ListenerArn, Certificates: [{ CertificateArn }] })
      return done(wantedId(want))
    },
    // Every column makes another one: there is nothing to change in place.
    update: async (seen) => done(certificates.idOf(seen)),
    async delete(seen, _, elb) {
      const { CertificateArn } = seen.child
      await elb.send(RemoveListenerCertificatesCommand, {
        ListenerArn: seen.parent.ListenerArn,
        Certificates: [{ CertificateArn }],
      })
      return done(certificates.idOf(seen))
    },
    toRow: ({ parent, child }) => ({
      listener_id: ref('aws_elb.listener', { listener_arn: parent.ListenerArn ?? '' }),
      certificate_arn: child.CertificateArn ?? '',
    }),
  }),
})
